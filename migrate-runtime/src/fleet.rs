//! Which contexts there are.

use std::collections::HashSet;
use std::fmt;

use futures_util::stream::{self, BoxStream, Stream, StreamExt};

use crate::backoff::Backoff;
use crate::context::Context;
use crate::fleet_error::{Failure, FleetError};
use crate::roll::{all_databases, databases_of, registry};
use crate::{Database, QueryError};

/// The contexts to bring up to date.
///
/// ```
/// # use migrate_runtime::{Context, Fleet};
/// let by_name = Fleet::contexts([Context::new("acme", "eu-1")?, Context::new("acme", "eu-2")?]);
/// let whole_namespace = Fleet::databases_of("acme");
/// let of_europe = Fleet::databases().only(|context| context.database().starts_with("eu-"));
/// let registered = Fleet::registry(Context::new("ops", "system")?, "SELECT namespace, database FROM tenant");
/// # Ok::<(), migrate_runtime::ContextError>(())
/// ```
pub struct Fleet {
    source: Source,
    filters: Vec<Filter>,
}

type Filter = Box<dyn Fn(&Context) -> bool + Send + Sync>;

enum Source {
    Contexts(Vec<Context>),
    Stream(BoxStream<'static, Result<Context, Failure>>),
    Asked(Question),
}

/// What the database is asked to learn the contexts of a fleet.
#[derive(Debug)]
enum Question {
    Databases,
    DatabasesOf(String),
    Registry { context: Context, query: String },
}

/// The contexts of a fleet, as far as they are known beforehand.
pub(crate) enum Members {
    /// All of them, each once.
    Known(Vec<Context>),
    /// They become known one by one, and perhaps more than once.
    Streamed(BoxStream<'static, Result<Context, Failure>>),
}

impl Members {
    /// How many they are, where that is known.
    pub(crate) const fn count(&self) -> Option<usize> {
        match self {
            Self::Known(contexts) => Some(contexts.len()),
            Self::Streamed(_) => None,
        }
    }

    /// All of them, one by one.
    pub(crate) fn stream(self) -> impl Stream<Item = Result<Context, Failure>> + Send + use<> {
        match self {
            Self::Known(contexts) => stream::iter(contexts.into_iter().map(Ok)).left_stream(),
            Self::Streamed(contexts) => contexts.right_stream(),
        }
    }
}

impl Fleet {
    /// Exactly these contexts. Those that do not exist are created.
    pub fn contexts(contexts: impl IntoIterator<Item = Context>) -> Self {
        Self::from(Source::Contexts(contexts.into_iter().collect()))
    }

    /// The contexts that a stream gives, in its order. Those that do not exist are created.
    ///
    /// They are worked on while the stream goes on, and it is not read further than the work has room for. One that it
    /// gives a second time is passed over. When the stream gives an error, what it gave before is seen to, and nothing is
    /// read after it.
    pub fn stream<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        contexts: impl Stream<Item = Result<Context, E>> + Send + 'static,
    ) -> Self {
        Self::from(Source::Stream(contexts.map(|context| context.map_err(Into::into)).boxed()))
    }

    /// Every database of a namespace, but for the one that holds the migrator's [index](crate::Migrator::index).
    pub fn databases_of(namespace: impl Into<String>) -> Self {
        Self::from(Source::Asked(Question::DatabasesOf(namespace.into())))
    }

    /// Every database of every namespace, for users who may know them, but for the one that holds the migrator's
    /// [index](crate::Migrator::index).
    ///
    /// Narrow it down with [`only`](Self::only): system databases of your own are among them.
    pub fn databases() -> Self {
        Self::from(Source::Asked(Question::Databases))
    }

    /// The contexts that a query in one context gives: rows `{ namespace, database }` or `[namespace, database]`. Those
    /// that do not exist are created.
    ///
    /// The query is yours and is run as it is: it should be one `SELECT`.
    pub fn registry(context: Context, query: impl Into<String>) -> Self {
        Self::from(Source::Asked(Question::Registry { context, query: query.into() }))
    }

    /// Those contexts of this fleet that pass a filter.
    #[must_use]
    pub fn only(mut self, filter: impl Fn(&Context) -> bool + Send + Sync + 'static) -> Self {
        self.filters.push(Box::new(filter));
        self
    }

    /// The contexts, in order. Where all databases are meant, the one of the fleet index is not.
    pub(crate) async fn resolve(
        mut self,
        database: &impl Database,
        index: Option<&Context>,
        mut backoff: Backoff,
    ) -> Result<Members, FleetError> {
        if let (Source::Asked(Question::Databases | Question::DatabasesOf(_)), Some(index)) =
            (&self.source, index.cloned())
        {
            self = self.only(move |context| *context != index);
        }
        let filters = self.filters;
        let passes = move |context: &Context| filters.iter().all(|filter| filter(context));
        let mut contexts = match self.source {
            Source::Contexts(contexts) => contexts,
            Source::Asked(question) => question.answer(database, &mut backoff).await?,
            Source::Stream(contexts) => {
                let passing =
                    contexts.filter(move |context| std::future::ready(context.as_ref().map_or(true, &passes)));
                return Ok(Members::Streamed(passing.boxed()));
            }
        };
        contexts.retain(passes);
        let mut seen = HashSet::with_capacity(contexts.len());
        match contexts.iter().find(|context| !seen.insert(*context)) {
            Some(twice) => Err(FleetError::Duplicate(twice.clone())),
            None => Ok(Members::Known(contexts)),
        }
    }
}

impl Question {
    /// Asks until there is an answer or no further try: what is asked changes nothing.
    async fn answer(&self, database: &impl Database, backoff: &mut Backoff) -> Result<Vec<Context>, FleetError> {
        loop {
            let error = match self.ask(database).await {
                Err(FleetError::Query(error @ (QueryError::Lost(_) | QueryError::Conflict(_)))) => error,
                answer => return answer,
            };
            if backoff.again().is_err() {
                return Err(FleetError::Query(error));
            }
            backoff.pause().await;
        }
    }

    async fn ask(&self, database: &impl Database) -> Result<Vec<Context>, FleetError> {
        match self {
            Self::DatabasesOf(namespace) => databases_of(database, namespace.clone()).await,
            Self::Databases => all_databases(database).await,
            Self::Registry { context, query } => registry(database, context.clone(), query.clone()).await,
        }
    }
}

impl From<Source> for Fleet {
    fn from(source: Source) -> Self {
        Self { source, filters: Vec::new() }
    }
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fleet = f.debug_struct("Fleet");
        match &self.source {
            Source::Contexts(contexts) => fleet.field("contexts", &contexts.len()),
            Source::Stream(_) => fleet.field("stream", &"…"),
            Source::Asked(question) => fleet.field("asked", question),
        };
        fleet.field("filters", &self.filters.len()).finish()
    }
}
