//! Numbers as bake has them: of any size, and without the rounding of floating point. What cannot be computed like that is
//! refused, since bake would make another tag of it.

use super::value::{Data, Value};
use hcl::expr::BinaryOperator;

/// The largest whole number below which floating point has every other one.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// How many digits of a fraction floating point keeps.
const DIGITS: usize = 15;

/// Fractions of this part are computed without rounding.
const PART: i128 = 1 << 20;

const INEXACT: &str = "kiln computes only with whole numbers, and with fractions such as 0.5 and 0.25: bake has more digits";

/// Whether bake knows a number, and kiln does not.
pub(super) fn is_inexact(why: &str) -> bool {
    why.ends_with(INEXACT)
}

const LONG: &str = "a number has more digits than kiln reads";

/// A number of HCL or JSON, each of which reads a whole number as the first of these that holds it.
pub(super) fn parsed(small: Option<i64>, large: Option<u64>, read: Option<f64>) -> Value {
    let whole = small.map(i128::from).or_else(|| large.map(i128::from));
    written(whole, read.unwrap_or_default())
}

/// A number as the file has it: as a whole number, if it is one, or else as it was read.
pub(super) fn written(whole: Option<i128>, read: f64) -> Value {
    match whole {
        Some(number) => of_whole(number),
        None if has_all_digits(read) => match read.to_string().parse() {
            Ok(whole) => of_whole(whole),
            Err(_) => Value::from(read),
        },
        None => Value::unknown(LONG),
    }
}

/// A whole number of any size. One that floating point does not have is a text, which HCL converts where it needs to.
fn of_whole(number: i128) -> Value {
    let float = number as f64;
    match float.abs() < LARGEST {
        true => Value::from(float),
        false => Value::from(number.to_string()),
    }
}

fn has_all_digits(number: f64) -> bool {
    let text = number.abs().to_string();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').len() <= DIGITS
}

/// Whether a text is a whole number that floating point does not have.
pub(super) fn is_long(text: &str) -> bool {
    let number = text.parse::<i128>();
    number.is_ok_and(|number| (number as f64).abs() >= LARGEST)
}

/// The whole number that a value is.
fn whole(value: &Value) -> Option<i128> {
    match &value.data {
        Data::Number(number) if number.fract() == 0.0 && number.abs() < LARGEST => {
            Some(*number as i128)
        }
        Data::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// The result of an operator of two numbers.
///
/// # Errors
/// Why there is none, or none that kiln knows.
pub(super) fn computed(
    operator: BinaryOperator,
    left: &Value,
    right: &Value,
) -> Result<Value, String> {
    if let Some((left, right)) = whole(left).zip(whole(right)) {
        return whole_result(operator, left, right);
    }
    let number = |value: &Value| {
        let wrong = || format!("an operand is {}, not a number", value.kind());
        value.number().ok_or_else(wrong)
    };
    let (left, right) = (number(left)?, number(right)?);
    let result = match operator {
        BinaryOperator::Plus => left + right,
        BinaryOperator::Minus => left - right,
        BinaryOperator::Mul => left * right,
        BinaryOperator::Div => left / right,
        _ => left % right,
    };
    if !result.is_finite() {
        return Err(String::from(ENDLESS));
    }
    let is_exact = parts(left).zip(parts(right)).zip(parts(result));
    let is_exact = is_exact.is_some_and(|((left, right), result)| match operator {
        BinaryOperator::Plus => left + right == result,
        BinaryOperator::Minus => left - right == result,
        BinaryOperator::Mul => left * right == result * PART,
        BinaryOperator::Div => left * PART == result * right,
        _ => left % right == result,
    });
    match is_exact && has_all_digits(result) {
        true => Ok(Value::from(result)),
        false => Err(String::from(INEXACT)),
    }
}

const ENDLESS: &str = "it divides by zero, or its result is too large";

fn whole_result(operator: BinaryOperator, left: i128, right: i128) -> Result<Value, String> {
    let result = match operator {
        BinaryOperator::Plus => left.checked_add(right),
        BinaryOperator::Minus => left.checked_sub(right),
        BinaryOperator::Mul => left.checked_mul(right),
        _ if right == 0 => None,
        BinaryOperator::Div if left.checked_rem(right) == Some(0) => left.checked_div(right),
        BinaryOperator::Div => {
            let (left, right) = (left as f64, right as f64);
            let result = left / right;
            let is_exact = parts(result).is_some_and(|parts| {
                parts.checked_mul(right as i128) == (left as i128).checked_mul(PART)
            });
            return match is_exact && has_all_digits(result) {
                true => Ok(Value::from(result)),
                false => Err(String::from(INEXACT)),
            };
        }
        _ => left.checked_rem(right),
    };
    result.map(of_whole).ok_or_else(|| String::from(ENDLESS))
}

/// How many of the smallest parts a number has, if that is a whole number.
fn parts(number: f64) -> Option<i128> {
    let parts = number * PART as f64;
    (parts.fract() == 0.0 && parts.abs() < LARGEST).then_some(parts as i128)
}

/// The result of a function of two numbers, if that is a whole number: any other has more digits in bake.
pub(super) fn rounded(number: f64) -> Result<Value, String> {
    match number {
        number if !number.is_finite() => Err(String::from(ENDLESS)),
        number if number.fract() == 0.0 && number.abs() < LARGEST => Ok(Value::from(number)),
        _ => Err(String::from(INEXACT)),
    }
}

#[cfg(test)]
mod tests {
    use super::{BinaryOperator, computed, written};

    #[test]
    fn numbers_have_all_digits() {
        use BinaryOperator::{Div, Minus, Mod, Mul, Plus};
        let value = |text: &str| match text.contains('.') {
            true => written(None, text.parse().unwrap_or_default()),
            false => written(text.parse().ok(), 0.0),
        };
        let rows = [
            ("9007199254740992", Plus, "1", Some("9007199254740993")),
            ("20260803060708", Mul, "1000", Some("20260803060708000")),
            (
                "1785740828123456789",
                Minus,
                "1",
                Some("1785740828123456788"),
            ),
            ("18446744073709551616", Mod, "10", Some("6")),
            ("1", Div, "4", Some("0.25")),
            ("-7", Mod, "4", Some("-3")),
            ("1.5", Plus, "0.25", Some("1.75")),
            ("1.5", Mul, "3", Some("4.5")),
            ("1.1", Plus, "0.1", None),
            ("100", Mul, "1.1", None),
            ("1", Div, "3", None),
            ("1", Div, "0", None),
            ("170141183460469231731687303715884105727", Mul, "2", None),
            ("-170141183460469231731687303715884105728", Div, "-1", None),
        ];
        for (left, operator, right, wanted) in rows {
            let found = computed(operator, &value(left), &value(right));
            let found = found.ok().and_then(|value| value.real());
            assert_eq!(found.as_deref(), wanted, "{left} {operator:?} {right}");
        }
        assert_eq!(written(None, 3.1).real().as_deref(), Some("3.1"));
        assert_eq!(
            written(None, 1e20).real(),
            Some(format!("1{}", "0".repeat(20)))
        );
        assert!(
            written(None, 18_446_744_073_709_551_616.0)
                .unknown_part()
                .is_some()
        );
        assert!(written(None, 0.1 + 0.2).unknown_part().is_some());
    }
}
