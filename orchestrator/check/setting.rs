//! `check env="GOPATH" value="/home/circleci/go"`, `check label="org.opencontainers.image.source"`,
//! `check env="DEBIAN_FRONTEND" absent`: variables and labels in the image's configuration.

use super::options::Options;
use super::{Expect, Verdict};
use crate::text::Shown;
use serde::{Deserialize, Serialize};

/// What may follow `env` and `label`.
pub(super) const TAKES: &[&str] = &["absent", "value", "contains", "lacks", "matches"];

/// A variable or a label, and its required value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The name of the variable or label.
    pub name: String,
    /// Whether it must be set or must not be set.
    pub set: bool,
    /// The exact value.
    pub value: Option<String>,
    /// What its value must be.
    pub expect: Expect,
}

impl Setting {
    /// It must be set.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            set: true,
            value: None,
            expect: Expect::default(),
        }
    }

    pub(super) fn title(&self, what: &str) -> String {
        match &self.value {
            _ if !self.set => format!("no {what} {}", self.name),
            Some(value) => format!("{what} {}={value}", self.name),
            None => format!("{what} {}", self.name),
        }
    }

    /// The verdict on the value in the image; `what` is `variable` or `label`.
    pub fn judge(&self, what: &str, actual: Option<&str>) -> Verdict {
        let Some(actual) = actual else {
            return if self.set {
                Verdict::fail(format!("the image has no {what} {}", self.name))
            } else {
                Verdict::pass("it is not set")
            };
        };
        let value = || {
            self.value
                .as_ref()
                .filter(|v| *v != actual)
                .map(|v| format!("the value is not `{v}`"))
        };
        let fault = (!self.set)
            .then(|| format!("the {what} {} is set", self.name))
            .or_else(value);
        match fault.or_else(|| self.expect.fault("the value", actual)) {
            Some(why) => Verdict::fail(why).seen(&format!("{}={actual}", self.name)),
            None => Verdict::pass("as expected"),
        }
    }
}

pub(super) fn read(options: &mut Options, what: &'static str) -> Option<Setting> {
    let name = options.text(what)?;
    let absent = options.flag("absent");
    let value = options.text("value").map(|text| text.value);
    let expect = options.expect();
    if name.value.is_empty() || name.value.contains('=') {
        options.fault(
            name.span,
            format!("`{}` is not a name", name.value.shown()),
            format!("write `{what}=\"NAME\" value=\"…\"`"),
        );
    }
    if let Some(span) = absent
        && (value.is_some() || !expect.is_empty())
    {
        options.fault(
            span,
            "a setting that must be absent has no value",
            "remove `absent` or the other properties",
        );
    }
    Some(Setting {
        name: name.value,
        set: absent.is_none(),
        value,
        expect,
    })
}
