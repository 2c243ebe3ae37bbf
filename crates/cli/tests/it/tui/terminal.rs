//! A shell in a terminal that a test can type into and look at.
//!
//! It is tmux, because that is a real terminal without a screen. It must be there: a test that
//! cannot look proves nothing.

use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use testkit::Home;

/// How long something may take to show.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often the screen is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// A terminal with a shell. Its tmux ends when dropped.
pub(super) struct Terminal {
    socket: String,
}

impl Terminal {
    pub(super) fn open(home: &Home, columns: usize, rows: usize) -> Self {
        static SERIAL: AtomicU32 = AtomicU32::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let socket = format!("openclaw-{}-{serial}", std::process::id());
        let terminal = Self { socket };
        let state = home.state_dir();
        let shell = format!(
            "env -i PATH=/usr/bin:/bin TERM=tmux-256color LANG=C.UTF-8 PS1='$ ' HOME='{}' OPENCLAW_STATE_DIR='{}' sh",
            home.root().display(),
            state.display()
        );
        let (columns, rows) = (columns.to_string(), rows.to_string());
        terminal.tmux(&[
            "new-session",
            "-d",
            "-x",
            &columns,
            "-y",
            &rows,
            "-s",
            "t",
            &shell,
        ]);
        terminal.wait_line(|line| line == "$");
        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let output = Command::new("tmux")
            .args(["-u", "-f", "/dev/null", "-L", &self.socket])
            .args(arguments)
            .output()
            .unwrap_or_else(|error| panic!("tmux must be installed: {error}"));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "tmux {arguments:?}: {told}");
        output
    }

    /// Presses keys, by tmux's names.
    pub(super) fn keys(&self, keys: &[&str]) {
        for key in keys {
            self.tmux(&["send-keys", "-t", "t", key]);
        }
    }

    /// Types a text.
    pub(super) fn text(&self, text: &str) {
        self.tmux(&["send-keys", "-t", "t", "-l", text]);
    }

    /// Types a text and presses Enter.
    pub(super) fn line(&self, text: &str) {
        self.text(text);
        self.keys(&["Enter"]);
    }

    /// Pastes a text as a terminal does.
    pub(super) fn paste(&self, text: &str) {
        self.tmux(&["set-buffer", text]);
        self.tmux(&["paste-buffer", "-p", "-t", "t"]);
    }

    pub(super) fn resize(&self, columns: usize, rows: usize) {
        let (columns, rows) = (columns.to_string(), rows.to_string());
        self.tmux(&["resize-window", "-t", "t", "-x", &columns, "-y", &rows]);
    }

    /// What the terminal shows.
    pub(super) fn screen(&self) -> String {
        let output = self.tmux(&["capture-pane", "-p", "-t", "t"]);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Waits until the screen has a text, and returns the screen.
    pub(super) fn wait(&self, text: &str) -> String {
        self.until(&format!("{text:?}"), |screen| screen.contains(text))
    }

    /// Waits until the screen has such a line.
    pub(super) fn wait_line(&self, is: impl Fn(&str) -> bool) -> String {
        self.until("a line", |screen| {
            screen.lines().any(|line| is(line.trim_end()))
        })
    }

    fn until(&self, what: &str, is: impl Fn(&str) -> bool) -> String {
        let started = Instant::now();
        loop {
            let screen = self.screen();
            if is(&screen) {
                return screen;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "{what} did not show:\n{screen}"
            );
            std::thread::park_timeout(LOOK);
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let ended = Command::new("tmux")
            .args(["-L", &self.socket, "kill-server"])
            .output();
        drop(ended);
    }
}
