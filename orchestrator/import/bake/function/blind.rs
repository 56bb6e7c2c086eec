//! Functions whose results an import does not compute: they are different in each run, need keys, or are so rare that
//! nothing is gained.

use super::Effect::Inserts;
use super::{Args, Row};
use crate::import::bake::value::Value;

pub const ROWS: &[Row] = &[
    row("bcrypt"),
    row("byteslen"),
    row("bytesslice"),
    row("cidrhost"),
    row("cidrnetmask"),
    row("cidrsubnet"),
    row("cidrsubnets"),
    row("homedir"),
    row("md5"),
    row("rsadecrypt"),
    row("semvercmp"),
    row("sha1"),
    row("unixtimestampparse"),
    row("uuidv4"),
    row("uuidv5"),
];

const fn row(name: &'static str) -> Row {
    Row::new(name, (0, super::ANY), Inserts, unknown)
}

fn unknown(args: &mut Args) -> Result<Value, String> {
    Ok(Value::unknown(format!("{START}{}`", args.name)))
}

/// How the reason begins why their results are unknown.
const START: &str = "kiln does not compute `";

/// Whether a text is unknown for one of these functions, and not for a fault of the file.
pub fn is_blind(why: &str) -> bool {
    why.contains(START)
}
