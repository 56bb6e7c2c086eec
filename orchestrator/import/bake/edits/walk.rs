//! Every expression inside an expression.

use hcl::expr::{Expression, ObjectKey, Operation, TraversalOperator};
use hcl::template::{Directive, Element, Template};

/// Calls `visit` with an expression and with each one inside it, those of templates included.
pub fn each(expression: &Expression, visit: &mut dyn FnMut(&Expression)) {
    visit(expression);
    match expression {
        Expression::Array(items) => items.iter().for_each(|item| each(item, visit)),
        Expression::Object(items) => {
            for (key, item) in items {
                if let ObjectKey::Expression(key) = key {
                    // A bare name is the name itself.
                    if !matches!(key, Expression::Variable(_)) {
                        each(key, visit);
                    }
                }
                each(item, visit);
            }
        }
        Expression::TemplateExpr(template) => {
            if let Ok(template) = Template::from_expr(template) {
                in_template(&template, visit);
            }
        }
        Expression::Traversal(traversal) => {
            each(&traversal.expr, visit);
            for operator in &traversal.operators {
                if let TraversalOperator::Index(index) = operator {
                    each(index, visit);
                }
            }
        }
        Expression::FuncCall(call) => call.args.iter().for_each(|arg| each(arg, visit)),
        Expression::Parenthesis(inner) => each(inner, visit),
        Expression::Conditional(choice) => {
            each(&choice.cond_expr, visit);
            each(&choice.true_expr, visit);
            each(&choice.false_expr, visit);
        }
        Expression::Operation(operation) => match operation.as_ref() {
            Operation::Unary(unary) => each(&unary.expr, visit),
            Operation::Binary(binary) => {
                each(&binary.lhs_expr, visit);
                each(&binary.rhs_expr, visit);
            }
        },
        Expression::ForExpr(list) => {
            let some = [&list.key_expr, &list.cond_expr];
            some.into_iter().flatten().for_each(|one| each(one, visit));
            each(&list.collection_expr, visit);
            each(&list.value_expr, visit);
        }
        _ => {}
    }
}

fn in_template(template: &Template, visit: &mut dyn FnMut(&Expression)) {
    for element in template.elements() {
        match element {
            Element::Literal(_) => {}
            Element::Interpolation(inserted) => each(&inserted.expr, visit),
            Element::Directive(directive) => match directive.as_ref() {
                Directive::If(choice) => {
                    each(&choice.cond_expr, visit);
                    in_template(&choice.true_template, visit);
                    if let Some(other) = &choice.false_template {
                        in_template(other, visit);
                    }
                }
                Directive::For(list) => {
                    each(&list.collection_expr, visit);
                    in_template(&list.template, visit);
                }
            },
        }
    }
}
