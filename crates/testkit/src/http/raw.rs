//! Bytes as they are, for requests no proper client would send.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// Sends `bytes` and returns all that comes back until the server closes the connection or
/// `patience` is over. A reset by the server ends the answer; it is not an error.
///
/// # Errors
/// When the connection cannot be opened.
pub async fn raw(address: SocketAddr, bytes: &[u8], patience: Duration) -> anyhow::Result<Vec<u8>> {
    let deadline = Instant::now() + patience;
    let socket = TcpStream::connect(address).await;
    let socket = socket.with_context(|| format!("cannot connect to {address}"))?;
    let (mut reader, mut writer) = socket.into_split();
    let mut answer = Vec::new();
    // Reading goes on beside writing: a server may refuse a body it has not read to the end.
    let write = async {
        drop(writer.write_all(bytes).await);
        std::future::pending::<()>().await;
    };
    let read = async {
        let mut buffer = vec![0_u8; 8192];
        while let Ok(count) = reader.read(&mut buffer).await {
            match buffer.get(..count) {
                Some(part) if !part.is_empty() => answer.extend_from_slice(part),
                _ => break,
            }
        }
    };
    let exchange = async {
        tokio::select! {
            () = write => {}
            () = read => {}
        }
    };
    // Running out of patience is one of the two normal ends.
    drop(timeout_at(deadline, exchange).await);
    Ok(answer)
}
