//! `package "git" "curl"`, `package "openssh-client" alpine="openssh-client-default" rhel="openssh-clients"`

use crate::manifest::{Family, names};
use crate::text::kdl::{Node, Reader};
use crate::text::{Diagnostics, Spanned};

/// Packages, with their names in each family.
#[derive(Debug, Clone)]
pub struct Packages {
    /// The names in all other families.
    pub names: Vec<Spanned<String>>,
    /// The names in some families. Empty for `#false`.
    pub by_family: Vec<(Family, Vec<Spanned<String>>)>,
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
        let names = reader.args();
        if names.is_empty() && by_family.is_empty() {
            reader.arg("a package", "package \"git\" \"curl\"");
        }
        reader.done();
        let mut all = Self { names, by_family };
        for list in all.lists() {
            names::once(list, "package", out);
            list.iter()
                .for_each(|package| drop(names::filled(package.clone(), "package", out)));
        }
        Some(all)
    }

    /// The names in a family.
    pub fn on(&self, family: Family) -> &[Spanned<String>] {
        self.by_family
            .iter()
            .find(|(other, _)| *other == family)
            .map_or(&self.names, |(_, names)| names)
    }

    /// Every list of names.
    pub fn lists(&mut self) -> impl Iterator<Item = &mut Vec<Spanned<String>>> {
        std::iter::once(&mut self.names).chain(self.by_family.iter_mut().map(|(_, names)| names))
    }
}
