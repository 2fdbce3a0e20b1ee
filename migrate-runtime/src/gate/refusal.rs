use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::context::Context;
use crate::refusal::Refusal;

/// Why a request for a context is not let through. A web layer makes 404 of the first kind and 503 of the others, with
/// `Retry-After`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GateRefusal {
    /// The context does not exist, and was not created by asking.
    NoSuchContext {
        /// The context that was asked for.
        context: Context,
    },
    /// The context cannot be served.
    Refused {
        /// The context that was asked for.
        context: Context,
        /// Why it is refused.
        refusal: Arc<Refusal>,
        /// How long the gate answers so without trying again.
        retry_after: Duration,
    },
    /// The context is being brought up to date, and that takes longer than a request is made to wait.
    Migrating {
        /// The context that was asked for.
        context: Context,
        /// When to ask again.
        retry_after: Duration,
    },
}

impl GateRefusal {
    /// The context that was asked for.
    pub const fn context(&self) -> &Context {
        match self {
            Self::NoSuchContext { context } | Self::Refused { context, .. } | Self::Migrating { context, .. } => {
                context
            }
        }
    }

    /// One word for the kind: `no_such_context`, `migrating`, or the [`kind`](Refusal::kind) of the [`Refusal`].
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoSuchContext { .. } => "no_such_context",
            Self::Refused { refusal, .. } => refusal.kind(),
            Self::Migrating { .. } => "migrating",
        }
    }

    /// Why the context is refused, where it was tried.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal),
            Self::NoSuchContext { .. } | Self::Migrating { .. } => None,
        }
    }

    /// How long to wait before asking again, or `None` where waiting does not help.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::NoSuchContext { .. } => None,
            Self::Refused { retry_after, .. } | Self::Migrating { retry_after, .. } => Some(*retry_after),
        }
    }
}

impl fmt::Display for GateRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchContext { context } => write!(f, "{context} does not exist"),
            Self::Refused { context, .. } => write!(f, "{context} is not served"),
            Self::Migrating { context, .. } => write!(f, "{context} is still being migrated"),
        }
    }
}

impl Error for GateRefusal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.refusal().map(|refusal| refusal as _)
    }
}

/// Why a context was not created.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateError {
    /// There is one of that name. It was left as it is.
    #[error("{0} exists already")]
    AlreadyExists(Context),
    /// It could not be created, or it was and cannot be served yet.
    #[error(transparent)]
    Refused(#[from] GateRefusal),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_context_and_leads_to_its_cause() {
        let context = Context::new("acme", "eu-1").unwrap();
        let refusal = Arc::new(Refusal::Unavailable { reason: "it is away".into() });
        let refused = GateRefusal::Refused { context: context.clone(), refusal, retry_after: Duration::from_secs(1) };
        assert_eq!(refused.to_string(), "acme/eu-1 is not served");
        assert_eq!(refused.source().unwrap().to_string(), "it is away");
        assert!(refused.source().unwrap().downcast_ref::<Refusal>().is_some());
        assert_eq!((refused.kind(), refused.retry_after()), ("unavailable", Some(Duration::from_secs(1))));

        let absent = GateRefusal::NoSuchContext { context };
        assert!(absent.source().is_none());
        assert_eq!((absent.kind(), absent.retry_after()), ("no_such_context", None));
        assert_eq!(CreateError::from(absent).to_string(), "acme/eu-1 does not exist");
    }
}
