//! The fake model as a program: `fake-model [--port <port>]`. Prints its base URL and serves
//! until it is killed.

use anyhow::{Context, bail};
use testkit::FakeModel;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let port = match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        [] => 0,
        ["--port", port] => port.parse().with_context(|| format!("bad port {port:?}"))?,
        other => bail!("unknown arguments {other:?}; usage: fake-model [--port <port>]"),
    };
    let mut fake = FakeModel::start_on(port).await?;
    announce(&fake.base_url());
    fake.wait().await;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the address is this program's output")]
fn announce(base_url: &str) {
    println!("{base_url}");
}
