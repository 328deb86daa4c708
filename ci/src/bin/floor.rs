//! The least that a tokio server on a unix socket can do: it reads, counts line
//! feeds and answers each with a reply of fixed size. No JSON, no agent.
//!
//! Usage: `floor SOCKET REPLY_BYTES`

use std::env;
use std::process::ExitCode;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

/// How many bytes are read at once.
const READ_BYTES: usize = 64 * 1024;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (Some(socket), Some(Ok(size))) = (arguments.next(), arguments.next().map(|it| it.parse())) else {
        eprintln!("usage: floor SOCKET REPLY_BYTES");
        return ExitCode::from(2);
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    match runtime.and_then(|it| it.block_on(serve(&socket, size))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("floor: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(socket: &str, size: usize) -> std::io::Result<()> {
    let listener = UnixListener::bind(socket)?;
    loop {
        let (client, _) = listener.accept().await?;
        // A client that goes away in the middle is no reason to end.
        let _ = answer(client, size).await;
    }
}

async fn answer(mut client: UnixStream, size: usize) -> std::io::Result<()> {
    let mut input = vec![0; READ_BYTES];
    let mut reply = vec![b'-'; size.saturating_sub(1)];
    reply.push(b'\n');
    loop {
        let count = client.read(&mut input).await?;
        if count == 0 {
            return Ok(());
        }
        match input[..count].iter().filter(|it| **it == b'\n').count() {
            0 => {}
            1 => client.write_all(&reply).await?,
            lines => client.write_all(&reply.repeat(lines)).await?,
        }
    }
}
