//! The targets of a file: one per block, or one per cell of its matrix.

use super::eval::{Evaluator, Local};
use super::place::{Decisions, variables};
use super::read::{Block, Setting};
use super::value::{Data, Value, Values};
use crate::import::note::{Lost, Notes};
use crate::text::{Shown, Span};
use std::collections::HashMap;

/// The most targets that a file may expand to.
pub(super) const MOST: usize = 2000;

/// A target, or one cell of a target with a matrix.
#[derive(Debug, Clone)]
pub(super) struct Target<'a> {
    /// The target's name in bake.
    pub name: String,
    pub block: &'a Block,
    /// The values of the matrix in this cell.
    pub cell: Values,
    /// The number of this cell.
    pub number: usize,
    /// Further blocks of the same name, which change it.
    pub more: Vec<&'a Block>,
    /// The variables whose defaults decided the values of the matrix.
    pub decided: Decisions,
}

impl Target<'_> {
    /// Whether it has a setting itself, and not only from the targets that it inherits from.
    pub fn has_own(&self, name: &str) -> bool {
        let mut blocks = std::iter::once(&self.block).chain(&self.more);
        blocks.any(|block| block.get(name).is_some())
    }
}

impl Target<'_> {
    /// The target with the values that its matrix has in another evaluation, where they follow variables.
    pub fn anew(&self, evaluator: &mut Evaluator) -> Option<Self> {
        let mut target = self.clone();
        if self.cell.values().all(|value| variables(value).is_empty()) {
            return Some(target);
        }
        let matrix = self.block.get("matrix")?;
        let cells = cells(matrix, evaluator, MOST).ok()?;
        evaluator.decided();
        let cell = cells.into_iter().nth(self.number)?;
        for (key, value) in &mut target.cell {
            follow(value, cell.get(key)?);
        }
        Some(target)
    }
}

/// Puts other values in the place of those that follow variables.
fn follow(value: &mut Value, other: &Value) {
    if value.pattern.is_some() {
        if !variables(value).is_empty() {
            value.clone_from(other);
        }
        return;
    }
    let (Data::Map(items), Data::Map(others)) = (&mut value.data, &other.data) else {
        return;
    };
    for (key, item) in items {
        if let Some(other) = others.get(key) {
            follow(item, other);
        }
    }
}

/// Why a target is left out, and where.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Refusal {
    pub why: String,
    pub span: Span,
    /// What to do about it; `None` for the usual way out.
    pub help: Option<&'static str>,
}

/// The targets of all blocks; a block that has none is a note.
pub(super) fn all<'a>(
    blocks: &'a [Block],
    evaluator: &mut Evaluator,
    notes: &mut Notes,
) -> Vec<(&'a Block, Vec<Target<'a>>)> {
    let mut all: Vec<(&Block, Vec<Target>)> = Vec::new();
    let mut places: HashMap<String, (usize, usize)> = HashMap::new();
    let mut count = 0;
    for block in blocks.iter().filter(|block| block.kind == "target") {
        match targets(block, evaluator, MOST.saturating_sub(count)) {
            Ok(found) => {
                count += found.len();
                let mut own = Vec::new();
                for target in found {
                    match places.get(&target.name) {
                        // A block may change one target of a matrix.
                        Some((at, cell)) if *at < all.len() => all[*at].1[*cell].more.push(block),
                        Some(_) => {}
                        None => {
                            places.insert(target.name.clone(), (all.len(), own.len()));
                            own.push(target);
                        }
                    }
                }
                all.push((block, own));
            }
            Err(refusal) => {
                let what = format!("target `{}`", block.label.shown());
                notes.lost(Lost::part(what, refusal.span));
                refused(&[&block.label], refusal, notes);
            }
        }
    }
    all
}

/// The targets of a block: one, or one per cell of its matrix.
fn targets<'a>(
    block: &'a Block,
    evaluator: &mut Evaluator,
    most: usize,
) -> Result<Vec<Target<'a>>, Refusal> {
    let Some(matrix) = block.get("matrix") else {
        return Ok(vec![Target {
            name: block.label.value.clone(),
            block,
            cell: Values::new(),
            number: 0,
            more: Vec::new(),
            decided: Decisions::new(),
        }]);
    };
    evaluator.decided();
    let cells = cells(matrix, evaluator, most)?;
    let decided = evaluator.decided();
    let name = block.get("name");
    if name.is_none() && cells.len() != 1 {
        return Err(Refusal {
            why: String::from("it has a matrix but no `name`"),
            span: matrix.name.span,
            help: None,
        });
    }
    let named = |(number, cell): (usize, Values)| {
        // Without a name, the only target of a matrix has that of the block.
        let own = name.map(|name| text_of(name, evaluator, &cell));
        Ok(Target {
            name: own.unwrap_or_else(|| Ok(block.label.value.clone()))?,
            block,
            cell,
            number,
            more: Vec::new(),
            decided: decided.clone(),
        })
    };
    let all = cells.into_iter().enumerate().map(named).collect();
    // Names of targets are not in the manifest.
    evaluator.decided();
    all
}

/// The text of a target's name.
fn text_of(name: &Setting, evaluator: &mut Evaluator, cell: &Values) -> Result<String, Refusal> {
    let own = evaluated(name, evaluator, cell)?;
    own.real().ok_or_else(|| Refusal {
        why: String::from("its `name` is not a string"),
        span: name.name.span,
        help: None,
    })
}

/// The cells of a matrix: every combination of its values.
fn cells(matrix: &Setting, evaluator: &mut Evaluator, most: usize) -> Result<Vec<Values>, Refusal> {
    let refusal = |why: String| Refusal {
        why,
        span: matrix.name.span,
        help: None,
    };
    let found = evaluated(matrix, evaluator, &Values::new())?;
    let Data::Map(axes) = found.data else {
        return Err(refusal(String::from("its matrix is not a map of lists")));
    };
    let mut cells = vec![Values::new()];
    for (axis, found) in axes {
        let Data::List(found) = found.data else {
            return Err(refusal(format!("`{axis}` of its matrix is not a list")));
        };
        if let Some(why) = found.iter().find_map(Value::unknown_part) {
            return Err(refusal(format!(
                "`{axis}` of its matrix is not known: {why}"
            )));
        }
        if cells.len().saturating_mul(found.len()) > most {
            return Err(refusal(format!(
                "with its matrix the file has more than {MOST} targets"
            )));
        }
        let with = |cell: &Values, value: &Value| {
            let mut cell = cell.clone();
            cell.insert(axis.clone(), value.clone());
            cell
        };
        cells = cells
            .iter()
            .flat_map(|cell| found.iter().map(|value| with(cell, value)))
            .collect();
    }
    Ok(cells)
}

/// The value of a setting in a cell of the matrix.
pub(super) fn evaluated(
    setting: &Setting,
    evaluator: &mut Evaluator,
    cell: &Values,
) -> Result<Value, Refusal> {
    let value = evaluator.setting(&setting.value, &Local::new(cell));
    value.map_err(|why| Refusal {
        why: format!("`{}` cannot be evaluated: {why}", setting.name.as_str()),
        span: setting.name.span,
        help: None,
    })
}

/// Notes that targets are left out, all for the same reason.
pub(super) fn refused(targets: &[&str], refusal: Refusal, notes: &mut Notes) {
    const SHOWN: usize = 3;
    let shown = targets.iter().take(SHOWN);
    let shown = shown.map(|name| format!("`{}`", name.shown()));
    let shown = shown.collect::<Vec<_>>().join(", ");
    let what = match targets.len() {
        1 => format!("target {shown} is"),
        count if count > SHOWN => format!("targets {shown} and {} more are", count - SHOWN),
        _ => format!("targets {shown} are"),
    };
    let message = format!("{what} left out: {}", refusal.why);
    let usual = "write the value itself, or add the image to the manifest by hand";
    let help = refusal.help.unwrap_or(usual);
    notes.note("import::left-out", message, help, refusal.span);
}
