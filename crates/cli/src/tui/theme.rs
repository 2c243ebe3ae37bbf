//! Styles. The terminal's own colours carry the text; accents are the basic ones, which every
//! theme, light or dark, defines to be readable.

use ratatui::style::{Color, Modifier, Style};

/// Whether there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    /// Accents in colour.
    Colour,
    /// Weight and lines only, as `NO_COLOR` asks.
    Plain,
}

impl Theme {
    fn accent(self, colour: Color) -> Style {
        match self {
            Self::Colour => Style::new().fg(colour),
            Self::Plain => Style::new(),
        }
    }

    /// What the user said, and what has the focus.
    pub(super) fn you(self) -> Style {
        self.accent(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// Borders and marks.
    pub(super) fn mark(self) -> Style {
        self.accent(Color::Cyan)
    }

    /// It worked.
    pub(super) fn good(self) -> Style {
        self.accent(Color::Green)
    }

    /// It did not.
    pub(super) fn bad(self) -> Style {
        self.accent(Color::Red)
    }

    /// It needs someone's attention.
    pub(super) fn warn(self) -> Style {
        self.accent(Color::Magenta).add_modifier(Modifier::BOLD)
    }

    /// What can be read over.
    #[expect(clippy::unused_self, reason = "every style is asked of the theme")]
    pub(super) fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Code.
    pub(super) fn code(self) -> Style {
        self.accent(Color::Green)
    }

    /// Headings.
    pub(super) fn heading(self) -> Style {
        self.accent(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// The chosen row.
    #[expect(clippy::unused_self, reason = "every style is asked of the theme")]
    pub(super) fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }
}
