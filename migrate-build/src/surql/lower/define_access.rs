use surrealdb_sql::access_type::{AccessType, JwtAccess, JwtAccessVerify};
use surrealdb_sql::statements::DefineStatement;
use surrealdb_sql::statements::define::user::PassType;
use surrealdb_sql::statements::define::{DefineAccessStatement, DefineKind, DefineUserStatement};
use surrealdb_sql::{Algorithm, Expr, Literal};

use super::define::{COMMENT, Parts, ident, resolve};
use super::{body, constant, name, print};
use crate::definition::{Access, Secret, Shape};

/// What stands in the place of a key or a hash wherever the database prints one.
const REDACTED: &str = "[REDACTED]";

const DURATION: &str = "a duration of it is computed when it runs";
const KEY: &str = "its key is computed when it runs";

/// What a `DEFINE ACCESS` says. `text` is the statement's own text: a key that is not in it was made up by the parser,
/// as the database would make one up.
pub(super) fn access(statement: &DefineAccessStatement, text: &str) -> Option<Parts> {
    let name = name::name(&statement.name)?;
    let mut canonical = DefineAccessStatement { kind: DefineKind::Default, name: ident(&name), ..statement.clone() };
    let mut unknown = None;
    resolve(&mut canonical.comment, constant::comment(&statement.comment), &mut unknown, COMMENT);
    for duration in [&mut canonical.duration.grant, &mut canonical.duration.token, &mut canonical.duration.session] {
        resolve(duration, constant::duration(&duration.clone()), &mut unknown, DURATION);
    }
    let secret = match &mut canonical.access_type {
        AccessType::Record(record) => {
            if let Some(bearer) = &mut record.bearer {
                redact(&mut bearer.jwt, text, &mut unknown);
            }
            redact(&mut record.jwt, text, &mut unknown)
        }
        AccessType::Jwt(jwt) => redact(jwt, text, &mut unknown),
        AccessType::Bearer(bearer) => redact(&mut bearer.jwt, text, &mut unknown),
    };
    let bodies = match &canonical.access_type {
        AccessType::Record(record) => [record.signup.as_ref(), record.signin.as_ref()],
        AccessType::Jwt(_) | AccessType::Bearer(_) => [None, None],
    };
    let bodies = bodies.into_iter().flatten().chain(&canonical.authenticate).chain(&canonical.context);
    let references = bodies.flat_map(body::references).collect();
    let text = print::define(DefineStatement::Access(canonical));
    Some(Parts { name, table: None, text, shape: Shape::Access(Access { secret }), references, unknown })
}

/// Puts `[REDACTED]` in the place of each secret, and says where they came from.
fn redact(jwt: &mut JwtAccess, text: &str, unknown: &mut Option<&'static str>) -> Secret {
    let mut secret = Secret::None;
    let mut take = |key: &mut Expr| {
        secret = match key {
            Expr::Literal(Literal::String(key)) if !text.contains(key.as_str()) => Secret::Generated,
            _ => Secret::Literal,
        };
        *key = Expr::Literal(Literal::String(REDACTED.into()));
    };
    match &mut jwt.verify {
        JwtAccessVerify::Key(key) if is_symmetric(key.alg) => take(&mut key.key),
        JwtAccessVerify::Key(key) if !matches!(key.key, Expr::Literal(Literal::String(_))) => *unknown = Some(KEY),
        JwtAccessVerify::Jwks(jwks) if !matches!(jwks.url, Expr::Literal(Literal::String(_))) => *unknown = Some(KEY),
        JwtAccessVerify::Key(_) | JwtAccessVerify::Jwks(_) => {}
    }
    if let Some(issuer) = &mut jwt.issue {
        take(&mut issuer.key);
    }
    let known = |audience: &Expr| matches!(audience, Expr::Literal(Literal::String(_)));
    if !jwt.audience.iter().flatten().all(known) {
        *unknown = Some("its audience is computed when it runs");
    }
    secret
}

fn is_symmetric(algorithm: Algorithm) -> bool {
    matches!(algorithm, Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512)
}

/// What a `DEFINE USER` says.
pub(super) fn user(statement: &DefineUserStatement) -> Option<Parts> {
    let name = name::name(&statement.name)?;
    let mut canonical = DefineUserStatement { kind: DefineKind::Default, name: ident(&name), ..statement.clone() };
    let mut unknown = None;
    resolve(&mut canonical.comment, constant::comment(&statement.comment), &mut unknown, COMMENT);
    for duration in [&mut canonical.token_duration, &mut canonical.session_duration] {
        resolve(duration, constant::duration(&duration.clone()), &mut unknown, DURATION);
    }
    // The verifier is derived from a password, and kept where it is given.
    let has_verifier = canonical.scram.is_some() || matches!(canonical.pass_type, PassType::Password(_));
    canonical.scram = has_verifier.then(|| REDACTED.to_owned());
    canonical.pass_type = match canonical.pass_type {
        PassType::Unset => PassType::Hash(String::new()),
        PassType::Hash(_) | PassType::Password(_) => PassType::Hash(REDACTED.to_owned()),
    };
    let secret = match &statement.pass_type {
        PassType::Unset | PassType::Hash(_) => Secret::None,
        PassType::Password(_) => Secret::Literal,
    };
    let text = print::define(DefineStatement::User(canonical));
    let shape = Shape::Access(Access { secret });
    Some(Parts { name, table: None, text, shape, references: Vec::new(), unknown })
}
