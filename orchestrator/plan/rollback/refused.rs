//! Why a tag is not moved back, with the way out.

use super::trail::Wish;
use crate::name::{Digest, Reference};
use serde_json::{Value, json};

/// The tags of the command line that keep it from moving anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NothingBack {
    /// These, each with the reason.
    pub refused: Vec<(Reference, NotBack)>,
    /// The others of a short name: those can be moved back on their own.
    pub others: Vec<Reference>,
}

impl NothingBack {
    /// The command that moves back the others, if there are any.
    fn command(&self, wish: &Wish) -> Option<String> {
        let names: Vec<String> = self.others.iter().map(Reference::to_string).collect();
        let from = wish.from.iter().map(|image| format!(" --from {image}"));
        let options: String = from
            .chain(wish.all_tags.then(|| " --all-tags".into()))
            .chain(wish.undo.then(|| " --undo".into()))
            .collect();
        (!names.is_empty()).then(|| format!("kiln rollback {}{options}", names.join(" ")))
    }
}

/// Why a tag is not moved back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotBack {
    /// No registry has it. With the tag of the manifest that is probably meant.
    Absent(Option<Reference>),
    /// It is written once, as this image.
    Fixed(Digest),
    /// The image that it names has no record.
    NoRecord(Digest),
    /// The record does not know the tag.
    NoLine(Digest),
    /// It named nothing before.
    First(Digest),
    /// All that it named before is withdrawn.
    AllWithdrawn,
    /// The former image does not exist any more.
    Gone(Digest),
    /// The former image has no record.
    Unrecorded(Digest),
    /// `IMAGE:TAG` has other images in other registries.
    Differs {
        /// The short name.
        name: String,
        /// What the tag names in this registry.
        image: Digest,
    },
    /// The former image is what another tag of the command leaves.
    Contradicts {
        /// The other tag.
        other: Reference,
        /// The image.
        image: Digest,
    },
    /// It names none of the images of `--from`.
    Elsewhere(Digest),
    /// No rollback moved it to what it names, so there is none to take back.
    NotMoved(Digest),
}

impl NotBack {
    /// Every word that [`NotBack::code`] returns.
    pub const CODES: &[&str] = &[
        "absent",
        "fixed",
        "no-record",
        "no-line",
        "first",
        "all-withdrawn",
        "gone",
        "unrecorded",
        "differs",
        "contradicts",
        "elsewhere",
        "not-moved-back",
    ];

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            NotBack::Absent(_) => "absent",
            NotBack::Fixed(_) => "fixed",
            NotBack::NoRecord(_) => "no-record",
            NotBack::NoLine(_) => "no-line",
            NotBack::First(_) => "first",
            NotBack::AllWithdrawn => "all-withdrawn",
            NotBack::Gone(_) => "gone",
            NotBack::Unrecorded(_) => "unrecorded",
            NotBack::Differs { .. } => "differs",
            NotBack::Contradicts { .. } => "contradicts",
            NotBack::Elsewhere(_) => "elsewhere",
            NotBack::NotMoved(_) => "not-moved-back",
        }
    }

    /// One sentence without a full stop.
    pub fn words(&self) -> String {
        match self {
            NotBack::Absent(_) => "the registry does not have it".into(),
            NotBack::Fixed(image) => format!(
                "it names {} and is written once, so it named nothing else before",
                image.short()
            ),
            NotBack::NoRecord(image) => format!(
                "it names {}, of which kiln has no record, so what it named before is not known",
                image.short()
            ),
            NotBack::NoLine(image) => format!(
                "kiln did not move it to {}, so what it named before is not known",
                image.short()
            ),
            NotBack::First(image) => format!("it named nothing before {}", image.short()),
            NotBack::AllWithdrawn => "all that it named before is withdrawn".into(),
            NotBack::Gone(image) => format!(
                "it named {} before, which the registry does not have any more",
                image.short()
            ),
            NotBack::Unrecorded(image) => format!(
                "it named {} before, whose record was deleted, so whether that is good is not known",
                image.short()
            ),
            NotBack::Differs { name, image } => format!(
                "it names {}, and {name} names another image in another registry",
                image.short()
            ),
            NotBack::Contradicts { other, image } => format!(
                "it named {} before, which {} leaves in this command",
                image.short(),
                other.familiar()
            ),
            NotBack::Elsewhere(image) => {
                format!("it names {}, and not an image of --from", image.short())
            }
            NotBack::NotMoved(image) => format!(
                "it names {}, and no rollback has moved it there",
                image.short()
            ),
        }
    }

    /// What helps.
    pub fn way_out(&self) -> String {
        match self {
            NotBack::Absent(Some(near)) => format!("did you mean `{}`?", near.familiar()),
            NotBack::Absent(None) => "`kiln tags` lists the tags of the manifest".into(),
            NotBack::Fixed(_) => "delete it in the registry if nothing must use it".into(),
            NotBack::NoRecord(_) | NotBack::NoLine(_) | NotBack::Unrecorded(_) => {
                "move it by hand, or run `kiln build --push`".into()
            }
            NotBack::First(_) => {
                "revert the change and run `kiln build --push`, or delete the tag in the registry"
                    .into()
            }
            NotBack::AllWithdrawn | NotBack::Gone(_) => {
                "revert the change and run `kiln build --push`".into()
            }
            NotBack::Differs { image, .. } => format!(
                "name the registries whose tags move back, or the image that they leave: --from {}",
                image.short()
            ),
            NotBack::Contradicts { other, .. } => format!(
                "move that one back first: `kiln rollback {}`",
                other.familiar()
            ),
            NotBack::Elsewhere(_) => "`kiln list --published` shows what the tags name".into(),
            NotBack::NotMoved(_) => "`kiln inspect` shows how it came there".into(),
        }
    }
}

/// Why nothing moves, for people.
pub fn not_back_text(all: &NothingBack, wish: &Wish) -> String {
    let one = |(reference, why): &(Reference, NotBack)| {
        let (tag, why, way_out) = (reference.familiar(), why.words(), why.way_out());
        format!("\n  {tag}: {why}\n    {way_out}")
    };
    let rest = all.command(wish);
    let rest = rest.map_or_else(String::new, |command| {
        format!("\n  the other registries of the image alone: `{command}`")
    });
    let all: String = all.refused.iter().map(one).collect();
    format!("nothing is moved back{all}{rest}")
}

/// The same for programs.
pub fn not_back_json(all: &NothingBack, wish: &Wish) -> Value {
    let one = |(reference, why): &(Reference, NotBack)| {
        json!({
            "reference": reference,
            "code": why.code(),
            "text": why.words(),
            "way_out": why.way_out(),
        })
    };
    let refused: Vec<Value> = all.refused.iter().map(one).collect();
    json!({ "format": 1, "refused": refused, "others": all.others, "command": all.command(wish) })
}
