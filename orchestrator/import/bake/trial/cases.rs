//! The values that a file tells apart, by what it compares a variable with, and the conditions of a manifest for them.

use super::samples::other;
use super::values::Set;
use crate::import::bake::place::variable as place;
use crate::import::published::When;
use crate::import::write::literal;
use indexmap::IndexSet;

/// How many texts of one variable are tried; with more, the variable has no conditions.
const MOST: usize = 8;

/// Platforms that are hardly the default of a file.
const PLATFORMS: [&str; 3] = ["linux/s390x", "linux/ppc64le", "linux/riscv64"];

/// The values of a variable that a file tells apart: some texts, each of which is a case, and all others, which are the
/// last case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cases {
    pub variable: String,
    /// The first is the default, if the file compares the variable with that.
    texts: Vec<String>,
    /// A text in the place of all others, if the default is not one of them.
    other: Option<String>,
    /// The default, if the variable is `true` or `false`.
    truth: Option<String>,
    /// The variable whose value the first text is, if the file compares the two with each other.
    like: Option<Like>,
    /// Whether bake refuses all other texts.
    pub is_closed: bool,
}

/// Another variable that a file compares a variable with.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Like {
    name: String,
    /// The default of the variable that is compared with it.
    own: String,
    /// A text that neither of them has.
    apart: String,
}

/// The cases of a variable with this default, or with null, if the file compares it with these texts. Nothing if a
/// manifest has no condition for them. The number of the variable keeps its example apart from those of others: a file may
/// compare two variables.
pub fn cases(
    (variable, number): (&str, usize),
    default: Option<&str>,
    compared: Option<&IndexSet<String>>,
) -> Option<Cases> {
    let variable = variable.to_owned();
    let opposite = match default {
        Some("true") => Some("false"),
        Some("false") => Some("true"),
        _ => None,
    };
    // Compared as text, it may be any other, too.
    let compared = compared.filter(|all| !all.is_empty());
    if let Some(opposite) = opposite.filter(|_| compared.is_none()) {
        return Some(Cases {
            variable,
            texts: vec![opposite.to_owned()],
            other: None,
            truth: default.map(str::to_owned),
            like: None,
            is_closed: false,
        });
    }
    // In a manifest, the empty text takes the place of null.
    let own = default.unwrap_or_default();
    let compared: IndexSet<&str> = compared.into_iter().flatten().map(String::as_str).collect();
    let is_compared = default.is_none() || compared.contains(own);
    let first = is_compared.then_some(own);
    let others = compared.iter().copied().filter(|text| *text != own);
    let texts: Vec<String> = first.into_iter().chain(others).map(str::to_owned).collect();
    // These have another meaning in a pattern.
    let is_pattern = |text: &String| text.contains('*') || text.starts_with(['!', '<', '>']);
    if texts.is_empty() || texts.len() > MOST || texts.iter().any(is_pattern) {
        return None;
    }
    Some(Cases {
        variable,
        texts,
        other: is_compared.then(|| format!("{}{number}", other(own))),
        truth: None,
        like: None,
        is_closed: false,
    })
}

/// The cases of a variable that the file compares with one other variable, and with nothing else: that both are the same,
/// and that they are not.
pub fn equal((variable, number): (&str, usize), default: &str, like: (&str, &str)) -> Cases {
    let (name, text) = like;
    let apart = format!("{}{number}", other(default));
    Cases {
        variable: variable.to_owned(),
        texts: vec![text.to_owned()],
        other: (text == default).then(|| apart.clone()),
        truth: None,
        like: Some(Like {
            name: name.to_owned(),
            own: default.to_owned(),
            apart,
        }),
        is_closed: false,
    }
}

/// A value that a variable with this default has not today, and that the file does not name.
pub fn example(variable: &str, default: &str) -> Set {
    Set {
        variable: variable.to_owned(),
        value: format!("{}0", other(default)),
        is_any: true,
        same_as: None,
    }
}

impl Cases {
    /// The same with a platform in the place of all texts that the file does not name, where the variable is empty: the file
    /// may have no others in its place.
    pub fn with_platform(&self) -> Option<Self> {
        let other = self.other.as_deref().filter(|other| !other.contains('/'))?;
        let is_empty = self.texts.first().is_some_and(String::is_empty);
        (is_empty && self.like.is_none()).then(|| {
            let number: usize = other.bytes().map(usize::from).sum();
            let platform = PLATFORMS[number % PLATFORMS.len()].to_owned();
            Self {
                other: Some(platform),
                ..self.clone()
            }
        })
    }

    /// The same without other texts than those that the file names.
    pub fn closed(&self) -> Option<Self> {
        let is_open = self.other.is_some() && self.like.is_none() && !self.is_closed;
        (is_open && self.texts.len() > 1).then(|| Self {
            is_closed: true,
            ..self.clone()
        })
    }

    /// The texts that it may be, if there are no others.
    pub fn only(&self) -> Option<&Vec<String>> {
        Some(&self.texts).filter(|_| self.is_closed)
    }

    /// The variables that its conditions name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let like = self.like.as_ref().map(|like| like.name.as_str());
        std::iter::once(self.variable.as_str()).chain(like)
    }

    /// What the variable is in a case besides other values, if that is not its value of the case: where it is to be the
    /// same as another one, it has the value that this one has.
    pub fn beside(&self, case: usize, set: &[Set]) -> Option<Set> {
        let like = self.like.as_ref()?;
        let other = set.iter().find(|set| set.variable == like.name);
        let text = other.map_or(&self.texts[0], |set| &set.value);
        let own = set.iter().find(|set| set.variable == self.variable);
        let own = own.map_or(&like.own, |set| &set.value);
        let is_equal = case == 0;
        let value = match is_equal {
            true => text,
            false => &like.apart,
        };
        ((own == text) != is_equal).then(|| Set {
            variable: self.variable.clone(),
            value: value.clone(),
            is_any: !is_equal || other.is_some_and(|set| set.is_any),
            same_as: Some(like.name.clone()).filter(|_| is_equal),
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.texts.len() + usize::from(!self.is_closed)
    }

    /// The case of the default.
    pub fn today(&self) -> usize {
        match self.other {
            Some(_) => 0,
            None => self.texts.len(),
        }
    }

    /// Whether a case is any text, of which one is tried as an example.
    pub fn is_any(&self, case: usize) -> bool {
        case == self.texts.len() && self.truth.is_none()
    }

    /// A value of a case other than that of the default.
    pub fn value(&self, case: usize) -> Option<&str> {
        let text = self.texts.get(case).or(self.other.as_ref());
        text.filter(|_| case != self.today()).map(String::as_str)
    }

    /// The part of a condition for some of the cases. Nothing if they are all.
    fn part(&self, cases: &[usize]) -> Option<When> {
        let others = cases.contains(&self.texts.len());
        if let Some(truth) = self.truth.as_ref().filter(|_| *cases == [self.texts.len()]) {
            return Some(When::of_variable(&self.variable, vec![truth.clone()]));
        }
        let texts = self.texts.iter().enumerate();
        let named = texts.filter(|(at, _)| cases.contains(at) != others);
        let sign = if others { "!" } else { "" };
        let patterns: Vec<String> = named
            .map(|(_, text)| match &self.like {
                Some(like) => format!("{sign}{}", place(&like.name)),
                None => format!("{sign}{}", literal(text)),
            })
            .collect();
        let is_each = self.is_closed && cases.len() == self.texts.len();
        let always = others && patterns.is_empty() || is_each;
        (!always).then(|| When::of_variable(&self.variable, patterns))
    }
}

/// The condition for a block of cases: some of each variable.
pub fn when(variables: &[&Cases], block: &[Vec<usize>]) -> When {
    let parts = variables.iter().zip(block);
    let parts = parts.filter_map(|(cases, some)| cases.part(some));
    When(parts.flat_map(|part| part.0).collect())
}
