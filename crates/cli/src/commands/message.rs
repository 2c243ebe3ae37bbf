//! `openclaw message …`

use crate::access::{RemoteArgs, with};
use crate::failure::{Exit, Failure};
use crate::home::Home;
use crate::local::fresh_key;
use clap::Subcommand;
use serde_json::{Value, json};

/// Arguments of `message`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: openclaw message send --channel telegram --target 123456 --message \"hello\"\n\n\
                  To talk to an agent instead: openclaw agent -m \"hello\""
)]
pub(crate) struct MessageArgs {
    #[command(subcommand)]
    command: MessageCommand,
    #[command(flatten)]
    pub(crate) remote: RemoteArgs,
}

#[derive(Debug, Subcommand)]
enum MessageCommand {
    /// Send a message to somebody over a chat network
    Send(SendArgs),
}

#[derive(Debug, clap::Args)]
struct SendArgs {
    /// Which chat network, e.g. telegram
    #[arg(long, value_name = "CHANNEL")]
    channel: String,
    /// To whom, in the network's own words: a number, a name, a chat
    #[arg(short, long, value_name = "DEST")]
    target: String,
    /// What to say
    #[arg(
        short,
        long,
        value_name = "TEXT",
        required_unless_present = "media",
        default_value = ""
    )]
    message: String,
    /// A file or an address of one to send along; may be given several times
    #[arg(long, value_name = "PATH-OR-URL")]
    media: Vec<String>,
    /// Which of the network's accounts sends it
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// The thread to write in
    #[arg(long, value_name = "ID")]
    thread_id: Option<String>,
    /// The message to answer
    #[arg(long, value_name = "ID")]
    reply_to: Option<String>,
    /// Without a notification, where the network can do that
    #[arg(long)]
    silent: bool,
    /// Print what would be asked of the gateway, and send nothing
    #[arg(long)]
    dry_run: bool,
}

/// Does what was asked.
pub(crate) fn run(home: &Home, args: &MessageArgs) -> Result<Exit, Failure> {
    let MessageCommand::Send(send) = &args.command;
    let params = params(send);
    if send.dry_run {
        return args.remote.print(&params, |params| {
            serde_json::to_string_pretty(params).unwrap_or_default()
        });
    }
    args.remote.show(home, "message.action", &params, |_| {
        format!("sent to {} over {}", send.target, send.channel)
    })
}

fn params(send: &SendArgs) -> Value {
    let mut message = json!({
        "action": "send",
        "channel": send.channel,
        "target": send.target,
        "to": send.target,
        "message": send.message,
    });
    for (name, value) in [
        ("accountId", &send.account),
        ("threadId", &send.thread_id),
        ("replyTo", &send.reply_to),
    ] {
        if let Some(value) = value {
            message = with(message, name, value.as_str());
        }
    }
    match send.media.as_slice() {
        [] => {}
        [only] => message = with(message, "media", only.as_str()),
        several => message = with(message, "mediaUrls", several),
    }
    if send.silent {
        message = with(message, "silent", true);
    }
    json!({
        "channel": send.channel,
        "action": "send",
        "params": message,
        "idempotencyKey": fresh_key(),
    })
}
