//! Every process that the demonstration starts ends when its standard input does. So none is left behind, however the
//! demonstration itself ends.

use std::io::Read;
use std::process::exit;
use std::thread;

use tokio::sync::oneshot;

/// Ends the process at the end of its standard input.
pub(crate) fn exit_at_its_end() {
    thread::spawn(|| {
        wait();
        exit(0);
    });
}

/// Hears of the end of standard input, in whatever way.
pub(crate) fn ended() -> oneshot::Receiver<()> {
    let (tell, ended) = oneshot::channel();
    thread::spawn(|| {
        wait();
        drop(tell);
    });
    ended
}

fn wait() {
    let mut stdin = std::io::stdin().lock();
    while stdin.read(&mut [0; 64]).is_ok_and(|read| read > 0) {}
}
