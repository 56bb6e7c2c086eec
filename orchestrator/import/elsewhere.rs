//! Files that say nowhere to which repository they publish, such as library files: the manifest decides, once a person has
//! written a repository of their own into `publish`.

use super::published::{Name, Published, Text};
use crate::matrix::Fleet;
use crate::name::Repository;
use indexmap::IndexSet;

/// Gives each image the repositories of the image of its name, if the manifest publishes none of it where the file does. A
/// manifest of another file is left as it is: its comment names that one.
pub(super) fn follow(published: &mut Published, fleet: &Fleet, texts: &[&str]) {
    if is_of_another(&published.comment, texts) {
        return;
    }
    for image in &mut published.images {
        let named = fleet.variants.iter().filter(|one| one.image == image.name);
        let own: IndexSet<&Repository> = named.flat_map(|one| one.publish.iter()).collect();
        let variants = || fleet.variants.iter().flat_map(|one| one.publish.iter());
        let names = image.variants.iter().flat_map(|one| &one.names);
        let mut names = names.map(|name| name.repository.real.as_str());
        let is_known = names.any(|name| variants().any(|own| own.to_string() == name));
        if own.is_empty() || is_known {
            continue;
        }
        for variant in &mut image.variants {
            let names = std::mem::take(&mut variant.names);
            let moved = own.iter().flat_map(|own| {
                let repository = Text::literal(own.to_string());
                let to = move |name: &Name| Name {
                    repository: repository.clone(),
                    ..name.clone()
                };
                names.iter().map(to)
            });
            variant.names = moved.collect();
        }
    }
}

/// Whether the comments name another file in the place of this one: `Imported from the manifest of cimg/go.`
fn is_of_another(own: &str, texts: &[&str]) -> bool {
    let Some((start, _)) = own.rsplit_once(' ') else {
        return false;
    };
    let lines = texts.iter().flat_map(|text| text.lines());
    let comments = lines.filter_map(|line| line.trim_start().strip_prefix("//"));
    let mut named = comments
        .map(str::trim)
        .filter(|line| line.starts_with(start));
    named.clone().next().is_some() && !named.any(|line| line == own)
}
