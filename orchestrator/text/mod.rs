//! Input text and messages about it: sources, spans, diagnostics, KDL.

mod count;
mod diagnostic;
mod harmless;
mod source;
mod suggest;
mod wrap;

pub mod kdl;
pub mod markdown;
pub mod show;

pub use count::count;
pub use diagnostic::{Diagnostic, Diagnostics, Label, Mend, Severity};
pub use harmless::{Shown, harmless, harmless_json, is_harmful, one_line, uncontrolled};
pub use source::{FROM_KILN, Place, Source, SourceId, Sources, Span, Spanned, line_bytes};
pub use suggest::{did_you_mean, suggest};
pub use wrap::{folded, wrapped};
