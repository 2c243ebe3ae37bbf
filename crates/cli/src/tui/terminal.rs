//! The terminal while the UI has it: raw, on its second screen, and given back whatever happens.

use super::model::Model;
use super::view;
use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, EnableBracketedPaste, Event, KeyboardEnhancementFlags, MouseEventKind,
    PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::style::Print;
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use crossterm::{execute, queue};
use data_encoding::BASE64;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::io::{Result, Stdout, Write, stdout};
use std::time::Duration;
use tokio::sync::mpsc;

/// The wheel is told, movements are not. Source: xterm control sequences.
const MOUSE_ON: &str = "\u{1b}[?1000h\u{1b}[?1006h";
/// The mouse is the terminal's again.
const MOUSE_OFF: &str = "\u{1b}[?1006l\u{1b}[?1000l";
/// Keys that wait to be read; beyond that the terminal keeps them.
const KEYS: usize = 256;
/// How often the reader of keys looks whether it is still needed.
const LOOK: Duration = Duration::from_millis(100);
/// Lines a turn of the wheel scrolls.
const WHEEL: isize = 3;

/// The terminal. Dropping it gives it back.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    has_mouse: bool,
}

impl Screen {
    /// Takes the terminal. A panic gives it back before it is told.
    ///
    /// # Errors
    /// When the terminal refuses.
    pub(super) fn open() -> Result<Self> {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
        let terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
        let mut screen = Self {
            terminal,
            has_mouse: true,
        };
        screen.take()?;
        Ok(screen)
    }

    fn take(&mut self) -> Result<()> {
        enable_raw_mode()?;
        execute!(
            stdout(),
            EnterAlternateScreen,
            EnableBracketedPaste,
            // Where it is known, Shift-Enter can be told from Enter.
            PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES),
            Print(if self.has_mouse { MOUSE_ON } else { "" }),
        )?;
        self.terminal.clear()
    }

    /// Takes the terminal again, after this process was stopped and continued.
    ///
    /// # Errors
    /// When the terminal refuses.
    pub(super) fn retake(&mut self) -> Result<()> {
        give_back();
        self.take()
    }

    /// Columns and rows.
    ///
    /// # Errors
    /// When the terminal does not tell.
    pub(super) fn size(&self) -> Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    /// Shows a model, at once where the terminal can.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub(super) fn draw(&mut self, model: &Model) -> Result<()> {
        queue!(stdout(), BeginSynchronizedUpdate)?;
        self.terminal.draw(|frame| view::draw(model, frame))?;
        execute!(stdout(), EndSynchronizedUpdate)
    }

    /// Gives the wheel to the UI, or the mouse to the terminal.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub(super) fn mouse(&mut self, ours: bool) -> Result<()> {
        self.has_mouse = ours;
        execute!(stdout(), Print(if ours { MOUSE_ON } else { MOUSE_OFF }))
    }

    /// Puts a text on the clipboard of whoever sits at the terminal, however far away (OSC 52).
    ///
    /// # Errors
    /// When the terminal has gone.
    #[expect(clippy::unused_self, reason = "only who holds the screen may")]
    pub(super) fn copy(&mut self, text: &str) -> Result<()> {
        let mut out = stdout().lock();
        write!(out, "\u{1b}]52;c;{}\u{7}", BASE64.encode(text.as_bytes()))?;
        out.flush()
    }

    /// Stops this process until it is continued.
    ///
    /// # Errors
    /// When the terminal or the system refuses.
    #[expect(clippy::unused_self, reason = "only who holds the screen may")]
    pub(super) fn suspend(&mut self) -> Result<()> {
        give_back();
        let own = rustix::process::getpid();
        // Being continued is a signal too; the terminal is taken again there.
        rustix::process::kill_process(own, rustix::process::Signal::TSTP)?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Everything as it was. Where the terminal has gone there is nothing to give back.
fn give_back() {
    drop(execute!(
        stdout(),
        Print(MOUSE_OFF),
        PopKeyboardEnhancementFlags,
        DisableBracketedPaste,
        EndSynchronizedUpdate,
        LeaveAlternateScreen,
        Show,
    ));
    drop(disable_raw_mode());
}

/// Reads keys on a thread of its own, because reading them blocks.
pub(super) struct Keys {
    heard: mpsc::Receiver<super::model::Event>,
}

impl Keys {
    /// Begins to read.
    ///
    /// # Errors
    /// When no thread can be started.
    pub(super) fn listen() -> Result<Self> {
        let (tell, heard) = mpsc::channel(KEYS);
        std::thread::Builder::new()
            .name("keys".to_owned())
            .spawn(move || {
                while !tell.is_closed() {
                    match crossterm::event::poll(LOOK) {
                        Ok(true) => {}
                        Ok(false) => continue,
                        // The terminal has gone; the end of the channel says so.
                        Err(_) => return,
                    }
                    let Ok(event) = crossterm::event::read() else {
                        return;
                    };
                    if let Some(event) = understood(event)
                        && tell.blocking_send(event).is_err()
                    {
                        return;
                    }
                }
            })?;
        Ok(Self { heard })
    }

    /// The next event; `None` when the terminal has gone.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub(super) async fn next(&mut self) -> Option<super::model::Event> {
        self.heard.recv().await
    }

    /// An event that has come already.
    pub(super) fn ready(&mut self) -> Option<super::model::Event> {
        self.heard.try_recv().ok()
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        // It is not waited for: at the end of a terminal that has gone it reads for ever. It ends with
        // the process, or when it finds that nobody hears.
        self.heard.close();
    }
}

fn understood(event: Event) -> Option<super::model::Event> {
    match event {
        Event::Key(key) => Some(super::model::Event::Key(key)),
        Event::Paste(text) => Some(super::model::Event::Paste(text)),
        Event::Resize(columns, rows) => Some(super::model::Event::Resize { columns, rows }),
        Event::Mouse(mouse) => match mouse.kind {
            MouseEventKind::ScrollUp => Some(super::model::Event::Wheel(-WHEEL)),
            MouseEventKind::ScrollDown => Some(super::model::Event::Wheel(WHEEL)),
            MouseEventKind::Down(_)
            | MouseEventKind::Up(_)
            | MouseEventKind::Drag(_)
            | MouseEventKind::Moved
            | MouseEventKind::ScrollLeft
            | MouseEventKind::ScrollRight => None,
        },
        Event::FocusGained | Event::FocusLost => None,
    }
}
