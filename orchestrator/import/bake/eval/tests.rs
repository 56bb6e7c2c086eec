//! What expressions evaluate to, and which placeholders are left in the result. The results without placeholders are
//! those of `docker buildx bake --print`, 0.29.

mod faults;
mod places;
mod values;

use super::*;
use crate::import::Input;
use crate::import::bake::read;
use crate::text::Sources;

fn blocks(text: &str) -> Vec<Block> {
    let mut sources = Sources::default();
    let source = sources.add("docker-bake.hcl", text);
    let name = "docker-bake";
    read::read(Input { source, text, name }, &mut Vec::new()).expect("valid HCL")
}

/// Evaluates the variable `x` of a file.
fn x(text: &str) -> (Result<Value, String>, Decisions) {
    let blocks = blocks(text);
    let defaults = Defaults::default();
    let mut evaluator = Evaluator::new(&blocks, &defaults, StandIns::new());
    let setting = blocks
        .iter()
        .rev()
        .find(|block| block.label.as_str() == "x");
    let setting = setting
        .and_then(|block| block.assigned.as_ref())
        .expect("a variable x");
    let none = Values::new();
    let value = evaluator.setting(&setting.value, &Local::new(&none));
    (value, evaluator.decided())
}

/// Every function of the library is evaluated by a row, or cannot be computed.
#[test]
fn every_function_has_a_row() {
    for name in crate::import::bake::function::names() {
        let call = format!("{name}(");
        let has = values::EXPRESSIONS
            .iter()
            .any(|(expression, _)| expression.contains(&call));
        let (found, _) = x(&format!("x = {name}()\n"));
        let blind = found.is_ok_and(|value| value.unknown_part().is_some());
        let other = places::OTHER
            .iter()
            .any(|(_, expression, _, _)| expression.contains(&call));
        assert!(has || blind || other, "`{name}` has no row");
    }
}
