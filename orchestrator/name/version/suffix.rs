//! What follows the numbers of a version.

use super::between;
use super::words::{Meaning, SNAPSHOT_STAGE, UNKNOWN_STAGE, is_accelerator, meaning};
use std::cmp::Ordering;

/// What follows the numbers of a version, as pieces with an order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Suffix {
    level: Level,
    /// The last one is [`Piece::End`].
    pieces: Vec<Piece>,
}

/// Whether a version comes before the one that its numbers name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Prerelease,
    Release,
}

/// A part of a suffix, from the lowest to the highest. An edition comes before the end: `1.2.3-slim` is below `1.2.3`, so
/// that `1.2.3` owns the rungs of both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    /// Debian's `~`: `1.2.3-1~bpo12+1` is below `1.2.3-1`.
    Before,
    Edition(String),
    End,
    /// The place among the stages, and the word.
    Stage(u8, String),
    Revision(String),
    /// A number of an edition's name: 17 of `pg17`, 3 and 20 of `alpine3.20`.
    Line(u64),
    Number(u64),
    /// Alpine's `_p1`, which is behind every rebuild of the plain version: `3.3.2-r9` is below `3.3.2_p1-r0`.
    Patch(String),
    /// The letter of `1.1.1w`.
    Letter(String),
}

/// A run of letters, in lower case, or of digits.
pub(super) struct Run {
    pub text: String,
    pub number: Option<u64>,
    /// The separator before it; `None` if it is attached to what precedes it.
    pub separator: Option<u8>,
}

/// What a suffix is read from, and how.
pub(super) struct Written<'t> {
    pub text: &'t str,
    /// Whether the numbers end with an update, as in `8u502`, after which `b07` is a build.
    pub update: bool,
    /// Whether `devel` is an edition, as in CUDA's images, and not a pre-release.
    pub editions: bool,
    /// Whether `t` is an edition: Python without its lock, `3.13.1t`.
    pub free_threaded: bool,
}

/// What was read.
pub(super) struct Read {
    pub suffix: Suffix,
    /// The word, if there is one, that makes it a pre-release only because it is unknown.
    pub unknown: Option<String>,
    /// Whether `devel` makes it a pre-release, and could be an edition.
    pub may_be_edition: bool,
    /// Whether `b` and a small number make it a pre-release, and could be a build.
    pub may_be_build: bool,
}

/// The numbers from which `-b145` is a build, and not a beta.
const BUILDS: std::ops::RangeFrom<u64> = 10..;

/// The versions of CUDA as PyTorch writes them, `cu92` and above, and not those of SQL Server's updates, such as `CU18`.
const CUDA: std::ops::RangeFrom<u64> = 90..;

/// Words for what follows `+` that name no edition.
const METADATA: [&str; 4] = ["commit", "dfsg", "ds", "sha"];

/// What the names of snapshots begin with, behind their day: `20240101git`, `20240101gitabcdef0`.
const SNAPSHOTS: [&str; 5] = ["bzr", "cvs", "git", "hg", "svn"];

/// The digits of a number in the name of an edition, at most; a longer one is a day.
const LINE: usize = 5;

impl Suffix {
    /// Reads a suffix; `None` if it is not one.
    pub fn read(written: &Written) -> Option<Read> {
        let mut runs = runs(written.text)?;
        accelerates(&mut runs);
        let may_be_edition = develops(&mut runs, written.editions);
        let may_be_build = builds(&mut runs, written.update);
        if written.free_threaded {
            free_threads(&mut runs);
        }
        let (suffix, unknown) = match written.text.is_empty() {
            true => (Self::none(), None),
            false => Self::of(&runs)?,
        };
        Some(Read {
            suffix,
            unknown,
            may_be_edition,
            may_be_build,
        })
    }

    fn of(runs: &[Run]) -> Option<(Self, Option<String>)> {
        if between::is_timed(runs) {
            return Some((Self::snapshot(runs), None));
        }
        if let Some(built) = zeroth(runs) {
            return Some((built, None));
        }
        let first = runs.first()?;
        let unknown = is_guess(runs).then(|| first.text.clone());
        let stage = stage(runs);
        let is_staged = unknown.is_none() && matches!(stage, Some(Some(_)));
        if !is_staged || between::is_led_by_commit(runs) {
            if between::is_described(runs) {
                return Some((Self::snapshot(runs), None));
            }
            if let Some(commit) = between::commit(runs) {
                return Some((Self::snapshot(runs), Some(commit)));
            }
        }
        let stage = stage?;
        let suffix = Self {
            level: stage.map_or(Level::Release, |_| Level::Prerelease),
            pieces: pieces(runs, stage.unwrap_or(0), unknown.as_deref()),
        };
        Some((suffix, unknown))
    }

    /// What is built between two releases.
    fn snapshot(runs: &[Run]) -> Self {
        let stage = Piece::Stage(SNAPSHOT_STAGE, String::from("snapshot"));
        let pieces = runs.iter().filter_map(|run| piece(run, true));
        Self {
            level: Level::Prerelease,
            pieces: [stage]
                .into_iter()
                .chain(pieces)
                .chain([Piece::End])
                .collect(),
        }
    }

    /// No suffix.
    pub fn none() -> Self {
        Self {
            level: Level::Release,
            pieces: vec![Piece::End],
        }
    }

    /// Whether it belongs to a pre-release.
    pub fn is_prerelease(&self) -> bool {
        self.level == Level::Prerelease
    }

    /// The first word of an edition: `alpine`.
    pub fn edition(&self) -> Option<&str> {
        self.pieces.iter().find_map(|piece| match piece {
            Piece::Edition(word) => Some(word.as_str()),
            _ => None,
        })
    }

    /// Whether both are releases that first differ in the edition, or in a number of its name: `pg16` and `pg17`.
    pub fn is_other_edition(&self, other: &Self) -> bool {
        let is_edition = |piece: &Piece| matches!(piece, Piece::Edition(_) | Piece::Line(_));
        let differs = self.differing(other);
        self.level == other.level
            && differs.is_some_and(|(own, other)| is_edition(own) || is_edition(other))
    }

    fn differing<'s>(&'s self, other: &'s Self) -> Option<(&'s Piece, &'s Piece)> {
        let mut pieces = self.pieces.iter().zip(&other.pieces);
        pieces.find(|(own, other)| own != other)
    }

    /// Compares by meaning: two editions are equal.
    pub fn compare(&self, other: &Self) -> Ordering {
        let differing = self.differing(other);
        self.level.cmp(&other.level).then_with(|| match differing {
            None | Some((Piece::Edition(_), _) | (_, Piece::Edition(_))) => Ordering::Equal,
            Some((own, other)) => own.cmp(other),
        })
    }
}

/// Reads `devel` as a stage, and says whether it could be an edition: PostgreSQL's `17devel` cannot. Behind `cudnn` and the like,
/// it always is one.
fn develops(runs: &mut [Run], editions: bool) -> bool {
    let mut may_be_edition = false;
    let before = runs.iter().position(|run| is_accelerator(&run.text));
    let before = before.unwrap_or(runs.len());
    for (at, run) in runs[..before].iter_mut().enumerate() {
        let is_attached = at == 0 && run.separator.is_none();
        if run.text == "devel" && (is_attached || !editions) {
            run.text = String::from("dev");
            may_be_edition |= !is_attached;
        }
    }
    may_be_edition
}

/// Reads `b` before a number as a build, where it is one: `8u502-b07`, `2024.2.0.0-b145`. Says whether it is read as a beta, and
/// could be a build: `2.18.0.1-b4`.
fn builds(runs: &mut [Run], update: bool) -> bool {
    let is_commit = between::is_led_by_commit(runs);
    let [first, next, ..] = runs else {
        return false;
    };
    let number = next.number.filter(|_| next.separator.is_none());
    let is_apart = matches!(first.separator, Some(b'-' | b'_'));
    let Some(number) = number.filter(|_| first.text == "b" && (update || is_apart)) else {
        return false;
    };
    if update || BUILDS.contains(&number) && !is_commit {
        first.text = String::from("build");
        return false;
    }
    !is_commit
}

/// Reads PyTorch's `cu124` as CUDA 12.4.
fn accelerates(runs: &mut [Run]) {
    for at in 1..runs.len() {
        let is_cuda = runs[at].number.is_some_and(|number| CUDA.contains(&number));
        if is_cuda && runs[at].separator.is_none() && runs[at - 1].text == "cu" {
            runs[at - 1].text = String::from("cuda");
        }
    }
}

/// Reads the `t` of `3.13.1t` and `3.14.0a2t` as the name of an edition.
fn free_threads(runs: &mut [Run]) {
    let attached = runs.iter_mut().filter(|run| run.separator.is_none());
    for run in attached.filter(|run| run.text == "t") {
        run.text = String::from("freethreaded");
    }
}

/// The index of the word that makes a suffix a pre-release, if there is one; `None` if it is not a suffix.
fn stage(runs: &[Run]) -> Option<Option<usize>> {
    let first = runs.first()?;
    let attached_number = has_number(runs, 0);
    match (leading(runs), first.separator) {
        _ if is_letter(runs) => {}
        _ if first.number.is_some() && first.separator != Some(b'~') => {
            // In `1_77_0`, nothing shows which number is the build. `el9_4` is an edition.
            let many = runs.windows(2).any(|pair| {
                pair[1].number.is_some()
                    && pair[1].separator == Some(b'_')
                    && pair[0].separator.is_some()
            });
            if many || !matches!(first.separator, Some(b'-' | b'+' | b'_')) {
                return None;
            }
        }
        // Debian: what follows `~` comes before the release.
        (_, Some(b'~')) => return Some(Some(0)),
        // PEP 440 and semantic versioning: what follows `+` does not make it a pre-release.
        (_, Some(b'+')) => {}
        // One letter needs its number: Jetty's `9.4.57.v20241219` is a version, `1.x` is not.
        (Meaning::Revision | Meaning::Patch | Meaning::Edition, Some(b'.'))
            if first.text.len() == 1 && !attached_number =>
        {
            return None;
        }
        (Meaning::Stage(..), _) => return Some(Some(0)),
        (Meaning::Unknown, Some(b'-')) => return Some(Some(0)),
        (Meaning::Unknown, _) => return None,
        (Meaning::Release | Meaning::Revision | Meaning::Patch | Meaning::Edition, _) => {}
    }
    let is_plus = first.separator == Some(b'+');
    let later = (1..runs.len()).find(|index| {
        let separator = runs[*index].separator;
        // Grafana's `-82103pre`.
        let is_end = !is_plus && *index == 1 && first.number.is_some() && is_long(&runs[1].text);
        let clear = separator.is_some() && (!is_plus || separator == Some(b'-'));
        let is_numbered = is_api(&runs[..*index]) && separator.is_none();
        (clear || is_end || is_numbered) && is_stage_component(&runs[*index..])
    });
    Some(later)
}

/// Whether the runs are a version of an API, as in `1.2.3-v2beta1`.
fn is_api(runs: &[Run]) -> bool {
    matches!(runs, [v, number] if v.text == "v" && v.separator.is_some() && number.number.is_some() && number.separator.is_none())
}

/// Whether the runs start with a stage of more than one letter, or with `M1`, perhaps with a number, and not with a commit such as
/// `ea12bc3`.
fn is_stage_component(runs: &[Run]) -> bool {
    let word = &runs[0].text;
    let attached = runs[1..]
        .iter()
        .take_while(|run| run.separator.is_none())
        .count();
    // Other letters count rebuilds of an edition.
    let is_word = word.len() > 1 || word == "m" && attached == 1;
    is_word && (attached <= 1 || is_long(word)) && matches!(meaning(word), Meaning::Stage(..))
}

/// Whether a word cannot be a part of a commit, as `ea` can.
fn is_long(word: &str) -> bool {
    word.len() > 2 && word.contains(|c: char| !c.is_ascii_hexdigit())
}

/// Whether a suffix begins with an unknown word, which makes it a pre-release by semantic versioning.
fn is_guess(runs: &[Run]) -> bool {
    let first = &runs[0];
    let unknown = first.number.is_none() && leading(runs) == Meaning::Unknown;
    unknown && first.separator == Some(b'-')
}

/// What the first word of a suffix means. One letter is a platform only with its number, as in `x86`: in `1.0.0-x.7.z.92`, an
/// example of semantic versioning, it means nothing.
fn leading(runs: &[Run]) -> Meaning {
    match meaning(&runs[0].text) {
        Meaning::Edition if runs[0].text.len() == 1 && !has_number(runs, 0) => Meaning::Unknown,
        known => known,
    }
}

/// What comes before the first release by its numbers: `1.0.0-0.3.7`, an example of semantic versioning, and `1.2.3-0.1`,
/// `1.2.3-0.a2` and `1.2.3-0.20240101git`, as Fedora does. `26.0.5-0` is a release: vendors count builds from 0, too.
fn zeroth(runs: &[Run]) -> Option<Suffix> {
    let (first, rest) = runs.split_first()?;
    let is_zero = first.number == Some(0) && first.separator == Some(b'-');
    let numbers = runs.iter().filter_map(|run| piece(run, true));
    (is_zero && is_early(rest)).then(|| Suffix {
        level: Level::Prerelease,
        pieces: std::iter::once(Piece::Stage(0, String::new()))
            .chain(numbers)
            .chain([Piece::End])
            .collect(),
    })
}

/// Whether what follows a first `-0` is before a release: numbers, a snapshot of a repository, or an alpha or beta.
fn is_early(runs: &[Run]) -> bool {
    let is_dotted = |run: &Run| run.number.is_some() && run.separator == Some(b'.');
    let is_snapshot = |run: &Run| SNAPSHOTS.iter().any(|word| run.text.starts_with(word));
    match runs {
        [] => false,
        [first, rest @ ..] if is_dotted(first) => {
            rest.iter().all(is_dotted) || rest.iter().any(is_snapshot)
        }
        [letter, number, ..] => {
            let is_letter = ["a", "b"].contains(&letter.text.as_str());
            is_letter && letter.separator == Some(b'.') && number.separator.is_none()
        }
        _ => false,
    }
}

/// Whether a suffix begins with a letter that counts fixes: `1.1.1w`, `1.0.2zg`, `2024a`. With a number it is a word: `1.0a2`.
fn is_letter(runs: &[Run]) -> bool {
    let first = &runs[0];
    let short = first.text.len() == 1 || first.text.len() == 2 && first.text.starts_with('z');
    short && first.number.is_none() && first.separator.is_none() && !has_number(runs, 0)
}

/// Whether a number is attached to the run at this index.
fn has_number(runs: &[Run], index: usize) -> bool {
    let next = runs.get(index + 1);
    next.is_some_and(|next| next.number.is_some() && next.separator.is_none())
}

/// The pieces of a suffix whose stage is at this index. The stage comes first, whatever is written before it: `-alpine3.20-rc1`
/// is below `-rc2`.
fn pieces(runs: &[Run], stage: usize, unknown: Option<&str>) -> Vec<Piece> {
    let (before, after) = runs.split_at(stage);
    let is_letter = is_letter(runs);
    let mut pieces = Vec::new();
    for run in after.iter().chain(before) {
        let is_first = std::ptr::eq(run, &runs[0]);
        let is_stage = std::ptr::eq(run, &runs[stage]);
        let is_named = pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Edition(_)));
        let piece = match (unknown, piece(run, runs[0].number.is_some())) {
            _ if is_first && is_letter => None,
            (Some(word), _) if is_first => Some(Piece::Stage(UNKNOWN_STAGE, word.into())),
            (_, Some(Piece::Number(number))) if is_line(run, pieces.last()) => {
                Some(Piece::Line(number))
            }
            (_, Some(Piece::Stage(UNKNOWN_STAGE, word)))
                if is_part(run, is_named) || is_first && is_variant(runs) =>
            {
                Some(Piece::Edition(word))
            }
            (_, piece) => piece,
        };
        let is_edition = matches!(piece, Some(Piece::Edition(_)));
        if run.separator == Some(b'~') && !is_first && !is_stage && !is_edition {
            pieces.push(Piece::Before);
        }
        pieces.extend(piece);
    }
    let letter = is_letter.then(|| Piece::Letter(runs[0].text.clone()));
    letter
        .into_iter()
        .chain(pieces)
        .chain([Piece::End])
        .collect()
}

/// Whether a number belongs to the name of the edition before it: `pg17`, `alpine3.20`, and not `ce.0` or `debian-12`.
fn is_line(run: &Run, before: Option<&Piece>) -> bool {
    match before {
        Some(Piece::Edition(_)) => run.separator.is_none() && run.text.len() <= LINE,
        Some(Piece::Line(_)) => run.separator == Some(b'.'),
        _ => false,
    }
}

/// Whether an unknown word is a part of the edition before it: `hsm` of `1.18.2-ent.hsm`.
fn is_part(run: &Run, is_named: bool) -> bool {
    is_named && run.separator.is_some() && meaning(&run.text) == Meaning::Unknown
}

/// Whether an unknown word after `+` names an edition, as of OCaml's `4.14.2+flambda`, and is not a commit.
fn is_variant(runs: &[Run]) -> bool {
    let word = runs[1..].iter().take_while(|run| run.separator.is_none());
    let word = &runs[..=word.count()];
    let name = &runs[0].text;
    let is_other = METADATA.contains(&name.as_str()) || between::is_commit(word);
    runs[0].separator == Some(b'+') && meaning(name) == Meaning::Unknown && !is_other
}

/// The piece of a run; `None` if it means nothing, such as `RELEASE`. In a suffix that begins with a number, a word that is
/// attached to one counts fixes: Ubuntu's `1.2.3-1ubuntu2` follows Debian's `1.2.3-1`.
fn piece(run: &Run, is_numbered: bool) -> Option<Piece> {
    if let Some(number) = run.number {
        return Some(Piece::Number(number));
    }
    let text = run.text.clone();
    match meaning(&text) {
        Meaning::Stage(place, usual) => Some(Piece::Stage(place, usual.into())),
        Meaning::Unknown => Some(Piece::Stage(UNKNOWN_STAGE, text)),
        Meaning::Release => None,
        Meaning::Revision => Some(Piece::Revision(text)),
        Meaning::Patch => Some(Piece::Patch(text)),
        Meaning::Edition if is_numbered && run.separator.is_none() => Some(Piece::Revision(text)),
        Meaning::Edition => Some(Piece::Edition(text)),
    }
}

/// The runs of a text; `None` if it has other characters or a number that is too large.
fn runs(text: &str) -> Option<Vec<Run>> {
    let mut found = Vec::new();
    let mut separator = None;
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        if b".-_+~".contains(&first) {
            separator = Some(first);
            rest = &rest[1..];
            continue;
        }
        if !first.is_ascii_alphanumeric() {
            return None;
        }
        let end = run_end(rest, first.is_ascii_digit());
        let text = rest[..end].to_ascii_lowercase();
        let number = match first.is_ascii_digit() {
            true => Some(text.parse().ok()?),
            false => None,
        };
        found.push(Run {
            text,
            number,
            separator: separator.take(),
        });
        rest = &rest[end..];
    }
    Some(found)
}

/// Where the first run of a text ends. Rancher's words have a digit in them: `k3s1`, `rke2r1`. In Oracle's `12cR2`, a
/// release follows the letter.
fn run_end(text: &str, is_number: bool) -> usize {
    let words = ["k3s", "rke2r"];
    if let Some(word) = words.into_iter().find(|word| text.starts_with(word)) {
        return word.len();
    }
    if let [b'a'..=b'z', b'R', b'0'..=b'9', ..] = text.as_bytes() {
        return 1;
    }
    let other = |c: char| !c.is_ascii_alphanumeric() || c.is_ascii_digit() != is_number;
    text.find(other).unwrap_or(text.len())
}
