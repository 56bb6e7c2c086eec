//! A fleet that is rolled: its manifest, and what each image must consist of.

use super::dice::Dice;
use std::fmt::Write as _;

/// What an image is based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parent {
    Base(usize),
    Image(usize),
}

/// One image.
#[derive(Debug, Clone)]
pub struct Image {
    pub parent: Parent,
    /// The number of its recipe.
    pub recipe: u64,
    /// Its step makes something else each time.
    pub is_random: bool,
    pub checks: u64,
    pub is_probed: bool,
    pub is_counted: bool,
    /// It has a tag that only a schedule moves.
    pub is_held: bool,
}

/// A fleet.
#[derive(Debug, Clone)]
pub struct Fleet {
    pub images: Vec<Image>,
    pub platforms: &'static [&'static str],
    pub is_mirrored: bool,
    /// Two variants of one image share a tag; the number of their recipe.
    pub shared: Option<u64>,
}

impl Fleet {
    /// One to five images, each on a base or on an earlier one.
    pub fn roll(dice: &mut Dice) -> Self {
        let count = 1 + usize::try_from(dice.below(5)).unwrap_or_default();
        let image = |at: usize, dice: &mut Dice| Image {
            parent: match usize::try_from(dice.below(at as u64 + 1)).unwrap_or_default() {
                0 => Parent::Base(usize::try_from(dice.below(2)).unwrap_or_default()),
                other => Parent::Image(other - 1),
            },
            recipe: 1,
            is_random: dice.one_in(3),
            checks: dice.below(3),
            is_probed: dice.one_in(4),
            is_counted: dice.one_in(4),
            is_held: dice.one_in(4),
        };
        Self {
            images: (0..count).map(|at| image(at, dice)).collect(),
            platforms: dice.pick(&[
                &["linux/amd64"],
                &["linux/amd64"],
                &["linux/amd64", "linux/arm64"],
            ]),
            is_mirrored: dice.one_in(3),
            shared: dice.one_in(4).then_some(1),
        }
    }

    /// The step of an image.
    pub fn step(&self, at: usize) -> String {
        let image = &self.images[at];
        let end = if image.is_random { "~" } else { "" };
        format!("i{at}-{}{end}", image.recipe)
    }

    pub fn manifest(&self) -> String {
        let mirror = if self.is_mirrored {
            " \"s.example/f/{image}\""
        } else {
            ""
        };
        let mut text = format!(
            "workspace \"w\" {{ publish \"r.example/f/{{image}}\"{mirror}; stage \"r.example/f/stage\" }}
base \"b0\" from=\"r.example/b0:1\"\nbase \"b1\" from=\"r.example/b1:1\"\n"
        );
        let platforms = self
            .platforms
            .iter()
            .map(|platform| format!(" \"{platform}\""));
        let platforms: String = platforms.collect();
        for (at, image) in self.images.iter().enumerate() {
            let parent = match image.parent {
                Parent::Base(base) => format!("base=\"b{base}\""),
                Parent::Image(other) => format!("image=\"i{other}\""),
            };
            let _ = write!(
                text,
                "toolset \"t{at}\" {{ run \"make {}\" }}\nimage \"i{at}\" {{ from {parent}; use \"t{at}\"; platforms{platforms}; ",
                self.step(at)
            );
            text.push_str("tag \"latest\"; tag \"1\"; tag \"1.0\" fixed; ");
            for check in 0..image.checks {
                let _ = write!(text, "check run=\"check-{at}-{check}\"; ");
            }
            if image.is_probed {
                text.push_str("tag \"v{probe:echo 3.12}\"; ");
            }
            if image.is_counted {
                text.push_str("tag \"r{revision}\"; ");
            }
            if image.is_held {
                text.push_str("tag \"night\" on=\"schedule\"; ");
            }
            text.push_str("}\n");
        }
        if let Some(recipe) = self.shared {
            let _ = write!(
                text,
                "toolset \"ts\" {{ run \"make s-{recipe}\" }}\nimage \"s\" {{ axis \"os\" {{ value \"one\" default shared; value \"two\" default shared }}; from base=\"b0\"; use \"ts\"; when os=\"two\" {{ platforms \"linux/arm64\" }}; tag \"1-{{os}}\" }}\n"
            );
        }
        text
    }

    /// The moving tags of an image that a run on the default branch may write.
    pub fn moving(&self, at: usize) -> Vec<String> {
        let mut tags = vec!["latest", "1"];
        tags.extend(self.images[at].is_probed.then_some("v3.12"));
        let registries = ["r.example", "s.example"];
        let registries = &registries[..1 + usize::from(self.is_mirrored)];
        let names = registries.iter().flat_map(|registry| {
            tags.iter()
                .map(move |tag| format!("{registry}/f/i{at}:{tag}"))
        });
        names.collect()
    }

    /// The images that one is based on, and itself.
    pub fn with_ancestors(&self, at: usize) -> Vec<usize> {
        let mut all = vec![at];
        while let Parent::Image(parent) = self.images[all[all.len() - 1]].parent {
            all.push(parent);
        }
        all
    }
}
