//! Signs of life for work that takes longer than a second, on a terminal only.

use std::io::IsTerminal;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const PATIENCE: Duration = Duration::from_secs(1);

fn wanted(quiet: bool) -> bool {
    !quiet && std::io::stderr().is_terminal()
}

/// Turns after a second and until dropped.
#[derive(Debug)]
pub(crate) struct Spinner(Option<(Sender<()>, JoinHandle<()>)>);

impl Spinner {
    pub(crate) fn start(quiet: bool, message: &'static str) -> Self {
        if !wanted(quiet) {
            return Self(None);
        }
        let (done, waiting) = mpsc::channel();
        let turn = move || {
            if waiting.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                let spinner = ProgressBar::new_spinner().with_message(message);
                spinner.enable_steady_tick(Duration::from_millis(100));
                // Ends when the sender is dropped.
                let _ = waiting.recv();
                spinner.finish_and_clear();
            }
        };
        Self(Some((done, std::thread::spawn(turn))))
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        if let Some((done, turning)) = self.0.take() {
            drop(done);
            let _ = turning.join();
        }
    }
}

/// A bar over a known number of things, shown after a second.
#[derive(Debug)]
pub(crate) struct Bar {
    bar: ProgressBar,
    since: Instant,
    wanted: bool,
}

impl Bar {
    pub(crate) fn start(quiet: bool) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} cases, {eta} left") {
            bar.set_style(style);
        }
        Self { bar, since: Instant::now(), wanted: wanted(quiet) }
    }

    pub(crate) fn at(&self, done: usize, total: usize) {
        if !self.wanted || self.since.elapsed() < PATIENCE {
            return;
        }
        if self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(total.try_into().unwrap_or(u64::MAX));
        self.bar.set_position(done.try_into().unwrap_or(u64::MAX));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
