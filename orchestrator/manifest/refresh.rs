//! `refresh "7d"`, `refresh "upgrades"`

use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostic, Diagnostics, Shown, Spanned, suggest};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The word for a refresh whenever packages can be upgraded.
const UPGRADES: &str = "upgrades";

/// The longest period: a year.
const LONGEST: u32 = 366 * 24;

/// When the layers of a tool set are made anew although nothing else has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refresh {
    /// After each period.
    Every(Period),
    /// When newer versions of its packages are known.
    Upgrades,
}

/// A period of whole hours, from one hour to one year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    hours: u32,
}

impl Refresh {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Spanned<Self>> {
        let mut reader = Reader::new(node, out);
        let word = reader.arg("a duration or `upgrades`", "refresh \"7d\"");
        reader.done();
        let word = word?;
        match Self::read(&word.value) {
            Ok(refresh) => Some(Spanned::new(refresh, word.span)),
            Err((why, help)) => {
                let fault = Diagnostic::error("manifest::refresh", why);
                out.push(fault.at(word.span, "not a refresh").help(help));
                None
            }
        }
    }

    /// The meaning of a word, or what is wrong with it and a way out.
    fn read(word: &str) -> Result<Self, (String, String)> {
        if word == UPGRADES {
            return Ok(Self::Upgrades);
        }
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = match &word[digits.len()..] {
            "h" => 1,
            "d" => 24,
            "w" => 7 * 24,
            _ => return Err(unknown(word, digits)),
        };
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number {
            return Err(unknown(word, ""));
        }
        // More digits than fit are too long, too.
        let number: u32 = digits.parse().unwrap_or(u32::MAX);
        match number.checked_mul(unit) {
            Some(0) => Err((
                format!("`refresh \"{word}\"` has no duration"),
                String::from("the shortest is `1h`; remove the line to keep the layer"),
            )),
            Some(hours) if hours <= LONGEST => Ok(Self::Every(Period { hours })),
            _ => Err((
                format!("`refresh \"{word}\"` is longer than a year"),
                String::from("the longest is `366d`; remove the line to keep the layer"),
            )),
        }
    }
}

/// The fault of a word that is neither a duration nor `upgrades`; `digits` is what it begins with, if it is a number.
fn unknown(word: &str, digits: &str) -> (String, String) {
    let unit = word[digits.len()..].trim().to_lowercase();
    let unit = ["hour", "day", "week"].into_iter().find(|name| {
        let names = [&name[..1], name, &format!("{name}s")];
        names.contains(&unit.as_str())
    });
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let near = match (unit, is_number) {
        (Some(unit), true) => Some(format!("{digits}{}", &unit[..1])),
        _ => suggest(word, [UPGRADES]).map(str::to_owned),
    };
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => String::from(
            "write hours, days or weeks, such as `12h`, `7d` or `2w`, or `upgrades` for newer packages",
        ),
    };
    let word = word.shown();
    (
        format!("`{word}` is not a duration and not `upgrades`"),
        help,
    )
}

impl Period {
    /// A number of days.
    #[cfg(test)]
    pub fn days(days: u32) -> Self {
        Self { hours: days * 24 }
    }

    /// In seconds.
    pub fn seconds(self) -> i64 {
        i64::from(self.hours) * 3600
    }
}

/// `12h`, `30d`, `2w`
impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match Refresh::read(text) {
            Ok(Refresh::Every(period)) => Ok(period),
            _ => Err("expected hours, days or weeks, at most a year: `12h`, `30d`, `2w`".into()),
        }
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.hours % 24 {
            0 => write!(f, "{}d", self.hours / 24),
            _ => write!(f, "{}h", self.hours),
        }
    }
}

impl fmt::Display for Refresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Every(period) => period.fmt(f),
            Self::Upgrades => f.write_str(UPGRADES),
        }
    }
}
