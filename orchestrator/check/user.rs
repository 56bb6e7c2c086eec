//! `check user="!root"`, `check user="circleci"`, `check user="1000:1000"`: the user that the image runs as.

use super::Verdict;
use super::accounts::{self, PASSWD};
use super::options::Options;
use crate::request::{Found, ImageConfig, Look};
use crate::text::Shown;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The user that the image must or must not run as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// A name or number. With `:` and a group, it is compared with the whole setting.
    pub name: String,
    /// Whether it must be a different user.
    pub not: bool,
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.not { "!" } else { "" }, self.name)
    }
}

pub(super) fn read(options: &mut Options) -> Option<User> {
    let text = options.text("user")?;
    options.parse(&text, parse, "check user=\"!root\"")
}

fn parse(text: &str) -> Result<User, String> {
    let (name, not) = text
        .strip_prefix('!')
        .map_or((text, false), |name| (name, true));
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '$');
    match !name.is_empty() && name.chars().all(fits) {
        true => Ok(User {
            name: name.to_owned(),
            not,
        }),
        false => Err(format!("`{}` is not a user", text.shown())),
    }
}

impl User {
    /// The paths to inspect: `/etc/passwd` if one of the users is a name.
    pub fn looks(&self, image: &ImageConfig) -> Option<Vec<Look>> {
        let numbers = [user(&image.user), user(&self.name)]
            .iter()
            .all(|name| name.parse::<u64>().is_ok());
        (!numbers).then(|| vec![accounts::look(PASSWD)])
    }

    /// The verdict on the image's user, with `/etc/passwd` if [`User::looks`] returned it.
    pub fn judge(&self, image: &ImageConfig, found: &[Option<Found>]) -> Verdict {
        let passwd = found.first().and_then(Option::as_ref);
        let actual = user(&image.user);
        let Some(number) = number(actual, passwd) else {
            return Verdict::fail(format!(
                "the image's user `{actual}` is not in its /etc/passwd: its containers cannot start"
            ))
            .seen(&setting(image));
        };
        let same = match self.name.contains(':') {
            true => self.name == image.user,
            false => number_of(&self.name, passwd) == Some(number) || self.name == actual,
        };
        match (same, self.not) {
            (true, true) if number == 0 => {
                Verdict::fail("the image runs as root").seen(&setting(image))
            }
            (true, true) => {
                Verdict::fail(format!("the image runs as {}", self.name)).seen(&setting(image))
            }
            (false, false) => Verdict::fail(format!(
                "the image runs as {}, expected {}",
                both(actual, number),
                self.name
            ))
            .seen(&setting(image)),
            _ => Verdict::pass(format!("the image runs as {}", both(actual, number))),
        }
    }
}

/// The user of `user:group`; empty means root.
fn user(text: &str) -> &str {
    match text.split(':').next().unwrap_or_default() {
        "" => "root",
        name => name,
    }
}

/// `circleci (3434)`; a number alone if that is all there is.
fn both(name: &str, number: u64) -> String {
    match name == number.to_string() {
        true => name.to_owned(),
        false => format!("{name} ({number})"),
    }
}

fn number(name: &str, passwd: Option<&Found>) -> Option<u64> {
    // Root is known without a file: an image from scratch has none.
    if name == "root" {
        Some(accounts::number(name, passwd).unwrap_or(0))
    } else {
        accounts::number(name, passwd)
    }
}

fn number_of(name: &str, passwd: Option<&Found>) -> Option<u64> {
    number(user(name), passwd)
}

fn setting(image: &ImageConfig) -> String {
    if image.user.is_empty() {
        "the image sets no USER".into()
    } else {
        format!("USER {}", image.user)
    }
}
