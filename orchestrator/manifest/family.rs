//! `family="alpine"`, `family "rhel" manager="microdnf"`: the family of distributions that an image belongs to.

use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostic, Diagnostics};

/// Distributions with the same package names and the same way to install packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Family {
    /// Debian, Ubuntu and their derivatives.
    #[default]
    Debian,
    /// Alpine.
    Alpine,
    /// Red Hat Enterprise Linux, its rebuilds, and Fedora.
    Rhel,
}

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Manager {
    /// Debian's apt-get.
    #[default]
    Apt,
    /// Alpine's apk.
    Apk,
    /// Red Hat's dnf.
    Dnf,
    /// The small dnf of minimal images.
    Microdnf,
}

/// A family and its package manager. The default is Debian with apt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Distribution {
    /// The family.
    pub family: Family,
    /// The package manager.
    pub manager: Manager,
}

/// An item for some families only; for all of them if none is listed.
#[derive(Debug, Clone)]
pub struct On<T> {
    /// The families; all if empty.
    pub families: Vec<Family>,
    /// The item.
    pub item: T,
}

impl<T> On<T> {
    /// Whether it applies to this family.
    pub fn holds(&self, family: Family) -> bool {
        self.families.is_empty() || self.families.contains(&family)
    }

    /// Another item for the same families.
    pub(super) fn map<U>(&self, item: impl FnOnce(&T) -> U) -> On<U> {
        On {
            families: self.families.clone(),
            item: item(&self.item),
        }
    }
}

/// The words for families; Ubuntu counts as Debian.
pub(super) const FAMILIES: [(&str, Family); 4] = [
    ("debian", Family::Debian),
    ("ubuntu", Family::Debian),
    ("alpine", Family::Alpine),
    ("rhel", Family::Rhel),
];

const MANAGERS: [(&str, Manager); 4] = [
    ("apt", Manager::Apt),
    ("apk", Manager::Apk),
    ("dnf", Manager::Dnf),
    ("microdnf", Manager::Microdnf),
];

impl Family {
    /// Every family.
    pub const ALL: [Family; 3] = [Family::Debian, Family::Alpine, Family::Rhel];

    /// The family that the name of a base suggests, if it is not Debian.
    pub fn of_name(name: &str) -> Option<Family> {
        const RHEL: [&str; 6] = [
            "/ubi",
            "fedora",
            "rockylinux",
            "almalinux",
            "centos",
            "oraclelinux",
        ];
        let name = name.to_ascii_lowercase();
        match name.contains("alpine") {
            true => Some(Family::Alpine),
            false => RHEL
                .iter()
                .any(|word| name.contains(word))
                .then_some(Family::Rhel),
        }
    }

    /// The word in manifests and templates.
    pub fn word(self) -> &'static str {
        match self {
            Family::Debian => "debian",
            Family::Alpine => "alpine",
            Family::Rhel => "rhel",
        }
    }

    /// The default package manager.
    fn manager(self) -> Manager {
        match self {
            Family::Debian => Manager::Apt,
            Family::Alpine => Manager::Apk,
            Family::Rhel => Manager::Dnf,
        }
    }
}

impl Manager {
    /// The word in manifests and templates.
    pub fn word(self) -> &'static str {
        MANAGERS
            .iter()
            .find(|(_, manager)| *manager == self)
            .map_or("apt", |(word, _)| word)
    }
}

impl Distribution {
    /// `family "alpine"`, `family "rhel" manager="microdnf"`
    pub(super) fn node(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let word = reader.arg("a family", "family \"alpine\"");
        let family = word.and_then(|word| reader.one_of(&word, "family", &FAMILIES));
        let distribution = Self::with_manager(family, &mut reader);
        reader.done();
        distribution
    }

    /// `family="rhel" manager="microdnf"` on another node.
    pub(super) fn properties(reader: &mut Reader) -> Option<Self> {
        let family = reader.word("family", &FAMILIES);
        Self::with_manager(family, reader)
    }

    fn with_manager(family: Option<Family>, reader: &mut Reader) -> Option<Self> {
        let word = reader.prop("manager");
        let manager = word
            .as_ref()
            .and_then(|word| reader.one_of(word, "manager", &MANAGERS));
        let family = family?;
        let Some(manager) = manager else {
            return Some(Self {
                family,
                manager: family.manager(),
            });
        };
        let fits = match family {
            Family::Rhel => matches!(manager, Manager::Dnf | Manager::Microdnf),
            other => manager == other.manager(),
        };
        if let (false, Some(word)) = (fits, word) {
            let message = format!(
                "`{}` does not install packages on {}",
                manager.word(),
                family.word()
            );
            let fault = Diagnostic::error("manifest::manager", message)
                .at(word.span, "not for this family");
            reader.out().push(fault.help(
                "`rhel` has `dnf` and `microdnf`; for the other families, leave out `manager`",
            ));
            return Some(Self {
                family,
                manager: family.manager(),
            });
        }
        Some(Self { family, manager })
    }
}
