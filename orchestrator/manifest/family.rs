//! `family="alpine"`, `family "rhel" manager="microdnf"`: which distribution's words an image is written in.

use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostic, Diagnostics};

/// Distributions whose packages have the same names and are installed in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Family {
    /// Debian, Ubuntu and what comes of them.
    #[default]
    Debian,
    Alpine,
    /// Red Hat, its rebuilds, Fedora.
    Rhel,
}

/// What installs packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Manager {
    #[default]
    Apt,
    Apk,
    Dnf,
    Microdnf,
}

/// A family, and what installs packages in it. Debian with apt where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Distribution {
    pub family: Family,
    pub manager: Manager,
}

/// Something that holds on some families alone; on all of them where none is named.
#[derive(Debug, Clone)]
pub struct On<T> {
    pub families: Vec<Family>,
    pub item: T,
}

impl<T> On<T> {
    /// Whether it holds on this family.
    pub fn holds(&self, family: Family) -> bool {
        self.families.is_empty() || self.families.contains(&family)
    }
}

/// How families are written; Ubuntu is Debian here.
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

    /// What a base's name speaks of, where that is another than Debian's.
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

    /// As manifests and templates write it.
    pub fn word(self) -> &'static str {
        match self {
            Family::Debian => "debian",
            Family::Alpine => "alpine",
            Family::Rhel => "rhel",
        }
    }

    /// What installs packages where nothing else is said.
    fn manager(self) -> Manager {
        match self {
            Family::Debian => Manager::Apt,
            Family::Alpine => Manager::Apk,
            Family::Rhel => Manager::Dnf,
        }
    }
}

impl Manager {
    /// As manifests and templates write it.
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
        let said = reader.prop("manager");
        let manager = said
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
        if let (false, Some(said)) = (fits, said) {
            let message = format!(
                "`{}` does not install packages on {}",
                manager.word(),
                family.word()
            );
            let fault =
                Diagnostic::error("manifest::manager", message).at(said.span, "not of this family");
            reader.out().push(fault.help("`dnf` and `microdnf` are of `rhel`; the other families have one each and need not name it"));
            return Some(Self {
                family,
                manager: family.manager(),
            });
        }
        Some(Self { family, manager })
    }
}
