//! The terminal that bars are drawn on. It leaves room for `^C` in the last line.
//!
//! Indicatif fills each line with spaces up to the width of the terminal, so that the next text begins on a new line. When
//! the user presses Ctrl-C, the terminal prints `^C` where the cursor is: after a full line that is the next line, and
//! a bar above would remain on the screen for ever.

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};
use parking_lot::Mutex;
use std::io;

/// Room for `^C`, pressed more than once.
const ROOM: usize = 6;
/// How often it is drawn, per second.
const RATE: u8 = 20;

/// Standard error.
#[derive(Debug)]
pub(super) struct Screen {
    term: Term,
    /// The number of spaces that are not written yet, since they may be the end of the last line.
    spaces: Mutex<usize>,
}

impl Screen {
    /// Where bars are drawn: nowhere, if standard error is not a terminal.
    pub fn target() -> ProgressDrawTarget {
        let term = Term::buffered_stderr();
        if !term.is_term() {
            return ProgressDrawTarget::hidden();
        }
        let spaces = Mutex::default();
        ProgressDrawTarget::term_like_with_hz(Box::new(Self { term, spaces }), RATE)
    }

    /// The spaces that were kept back, and from now on these.
    fn exchange(&self, spaces: usize) -> String {
        let mut kept = self.spaces.lock();
        " ".repeat(std::mem::replace(&mut kept, spaces))
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        self.term.size().1
    }

    fn height(&self) -> u16 {
        self.term.size().0
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.term.move_cursor_up(n)
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.term.move_cursor_down(n)
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.term.move_cursor_right(n)
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.term.move_cursor_left(n)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.term.write_str(&self.exchange(0))?;
        self.term.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        let spaces = match text.bytes().all(|b| b == b' ') {
            true => text.len(),
            false => 0,
        };
        self.term.write_str(&self.exchange(spaces))?;
        match spaces {
            0 => self.term.write_str(text),
            _ => Ok(()),
        }
    }

    fn clear_line(&self) -> io::Result<()> {
        self.term.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        let spaces = self.exchange(0);
        let rest = spaces.get(ROOM..).unwrap_or(&spaces);
        self.term.write_str(rest)?;
        self.term.flush()
    }
}
