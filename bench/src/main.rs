//! The whole-process load test: what the gateway adds to asking a model directly.
//!
//! Everything in the table is measured in one run on one machine, in interleaved rounds of which
//! the median counts, so that a neighbour's noise falls on all sides alike:
//!
//! - the **fake model** asked directly: the floor that no proxy can go below;
//! - **nginx** as a plain reverse proxy in front of it: what a good proxy costs;
//! - our **direct path**: a raw model, metered, without a session;
//! - our **agent path**: a new durable session per request.
//!
//! After the load comes [`sockets`]: calls, handshakes and events over `WebSocket`; then [`money`]:
//! wires, router, ledger, and an assistant's day.
//!
//! Run it with `make bench`. Targets stand in [`targets`]; results go to `docs/benchmarks.md`.

mod connection;
mod durable;
mod load;
mod machine;
mod money;
mod nginx;
mod process;
mod report;
mod rounds;
mod side;
mod sockets;
mod startup;
mod stats;
mod targets;

use std::path::PathBuf;

use anyhow::{Context, bail};
use testkit::{Home, Launch};

use crate::side::{Kind, Side};

/// What the command line asked for.
struct Options {
    /// Fewer and shorter rounds, to see that everything works; never for publishing.
    quick: bool,
    /// Only the section about models and money, without the load; never for publishing.
    money: bool,
    /// Only the section about `WebSocket`; never for publishing.
    sockets: bool,
    /// The page to write the results into.
    page: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = options()?;
    let binary = sibling("openclaw")?;
    let place = tempfile::Builder::new()
        .prefix("bench-")
        .tempdir_in(programs_dir()?)?;
    if options.money {
        let money = money::measure(&binary, place.path(), options.quick).await?;
        report::print(&report::of_money(&money)?);
        return Ok(());
    }

    let mut fake = process::Fake::start(&sibling("fake-model")?).await?;
    if options.sockets {
        let sockets =
            sockets::measure(&binary, &fake.base_url(), place.path(), options.quick).await?;
        report::print(&report::of_sockets(&sockets)?);
        return fake.stop().await;
    }
    let nginx = nginx::Nginx::start(fake.address(), place.path()).await?;
    let starts = startup::measure(&binary, &fake.base_url(), place.path(), options.quick).await?;

    let home = Home::empty_in(place.path())?;
    home.write_config(&side::settings(&fake.base_url()))?;
    let mut gateway = Launch::with_binary(&home, &binary)?.start().await?;
    let pid = gateway.pid().context("the gateway has no process id")?;
    let idle = process::idle_memory(pid).await?;

    let sides = [
        Side::new(Kind::Fake, fake.address(), fake.pid()?, None),
        Side::new(Kind::Nginx, nginx.address(), nginx.pid()?, None),
        Side::new(Kind::Direct, gateway.address(), pid, Some(gateway.token())),
        Side::new(Kind::Agent, gateway.address(), pid, Some(gateway.token())),
    ];
    let plan = rounds::Plan::new(options.quick);
    let results = rounds::measure(&sides, &plan).await?;
    let loaded = process::memory(pid)?;
    let durable = durable::check(&mut gateway, &results).await?;
    let sockets = sockets::measure(&binary, &fake.base_url(), place.path(), options.quick).await?;
    let money = money::measure(&binary, place.path(), options.quick).await?;

    let measured = report::Measured {
        starts,
        idle,
        loaded,
        nginx_memory: process::memory_of_family(nginx.pid()?)?,
        results,
        durable,
        sockets,
        money,
        machine: machine::describe(&nginx, place.path())?,
        plan,
    };
    let text = report::render(&measured)?;
    report::print(&text);
    if let Some(page) = options.page {
        report::write_page(&page, &text)?;
    }
    gateway.stop().await?;
    fake.stop().await
}

fn options() -> anyhow::Result<Options> {
    let mut options = Options {
        quick: false,
        money: false,
        sockets: false,
        page: None,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => options.quick = true,
            "--money" => options.money = true,
            "--sockets" => options.sockets = true,
            "--write" => {
                let page = arguments.next().context("--write needs a file")?;
                options.page = Some(PathBuf::from(page));
            }
            other => bail!(
                "unknown argument {other:?}; usage: bench [--quick] [--money] [--sockets] \
                 [--write <file>]"
            ),
        }
    }
    if (options.quick || options.money || options.sockets) && options.page.is_some() {
        bail!("results of --quick, --money and --sockets are not for publishing");
    }
    Ok(options)
}

/// The directory of this program: the others are built beside it, with the same profile.
fn programs_dir() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("cannot find the running program")?;
    Ok(program
        .parent()
        .context("the program has no directory")?
        .to_owned())
}

fn sibling(name: &str) -> anyhow::Result<PathBuf> {
    let path = programs_dir()?.join(name);
    if !path.is_file() {
        bail!("no {name} beside this program; run `make bench`, which builds all of them");
    }
    Ok(path)
}
