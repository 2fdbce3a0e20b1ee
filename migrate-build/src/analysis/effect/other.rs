use super::Impact;
use crate::definition::{Function, Param};

/// What another definition of a function does: every call that was good must stay good.
pub(super) fn function(before: &Function, after: &Function) -> Impact {
    let fewer = after.arguments.len() < before.arguments.len();
    if fewer || after.required_arguments() > before.required_arguments() {
        return Impact::restrictive("calls with the arguments of before are refused");
    }
    let pairs = before.arguments.iter().zip(&after.arguments);
    if !pairs.clone().all(|((_, before), (_, after))| after.accepts(before)) {
        return Impact::restrictive("an argument refuses values that it took");
    }
    let returns_other = match (&before.returns, &after.returns) {
        (Some(before), Some(after)) => !before.accepts(after),
        (Some(_), None) => true,
        (None, _) => false,
    };
    if returns_other {
        return Impact::restrictive("it may return what an older binary does not expect");
    }
    if after.permission.is_tighter_than(&before.permission) {
        return Impact::restrictive("its permission may refuse what it allowed");
    }
    Impact::additive("every call that was good still is")
}

/// What another definition of a param does.
pub(super) fn param(before: &Param, after: &Param) -> Impact {
    if after.permission.is_tighter_than(&before.permission) {
        return Impact::restrictive("its permission may refuse what it allowed");
    }
    Impact::additive("it can still be read")
}

/// What another definition does of something that acts by itself.
pub(super) fn behaviour(before: &str, after: &str, what: &str) -> Impact {
    if before == after {
        return Impact::additive("only its comment is another");
    }
    Impact::restrictive(format!("an older binary may count on what the {what} did"))
}
