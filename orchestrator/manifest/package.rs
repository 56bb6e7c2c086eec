//! `package "git" "curl"`, `package "openssh-client" alpine="openssh-client-default" rhel="openssh-clients"`,
//! `package "acme-cli" secret="apt-auth"`

use crate::manifest::{Family, Mounts, names};
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostics, Spanned};

/// Packages, with their names in each family.
#[derive(Debug, Clone)]
pub struct Packages<T = Spanned<String>> {
    /// The names in all other families.
    pub names: Vec<T>,
    /// The names in some families. Empty for `#false`.
    pub by_family: Vec<(Family, Vec<T>)>,
    /// What the step that installs them mounts.
    pub mounts: Mounts,
}

impl Packages {
    pub(super) fn parse(node: &Node, out: &mut Diagnostics) -> Option<Self> {
        let mut reader = Reader::new(node, out);
        let of = |reader: &mut Reader, family: Family| {
            Some((family, reader.list_or_off(family.word())?))
        };
        let by_family: Vec<_> = Family::ALL
            .into_iter()
            .filter_map(|family| of(&mut reader, family))
            .collect();
        let mounts = Mounts::read(&mut reader);
        let names = reader.args();
        if names.is_empty() && by_family.is_empty() {
            reader.arg("a package", "package \"git\" \"curl\"");
        }
        reader.done();
        let all = Self {
            names,
            by_family,
            mounts,
        };
        let lists = all.by_family.iter().map(|(_, names)| names);
        for list in std::iter::once(&all.names).chain(lists) {
            names::once(list, "package", out);
            list.iter()
                .for_each(|package| drop(names::filled(package.clone(), "package", out)));
        }
        Some(all)
    }
}

impl<T> Packages<T> {
    /// The names in a family.
    pub fn on(&self, family: Family) -> &[T] {
        self.by_family
            .iter()
            .find(|(other, _)| *other == family)
            .map_or(&self.names, |(_, names)| names)
    }

    pub(super) fn map<U>(&self, text: &mut impl FnMut(&T) -> U) -> Packages<U> {
        let names = self.names.iter().map(&mut *text).collect();
        let by_family = (self.by_family.iter())
            .map(|(family, names)| (*family, names.iter().map(&mut *text).collect()))
            .collect();
        Packages {
            names,
            by_family,
            mounts: self.mounts.clone(),
        }
    }
}
