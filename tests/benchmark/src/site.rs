use surrealdb::Surreal;
use surrealdb::engine::any::Any;

use crate::Failure;
use crate::args::Place;
use crate::server::{Server, connection};

/// A database with nothing in it, and the server that it is in, if it is in one.
pub(crate) struct Site {
    pub(crate) db: Surreal<Any>,
    pub(crate) server: Option<Server>,
}

impl Site {
    pub(crate) async fn open(place: Place) -> Result<Self, Failure> {
        Ok(match place {
            Place::Embedded => Self { db: connection("mem://").await?, server: None },
            Place::Server => {
                let server = Server::start().await?;
                Self { db: connection(&server.url()).await?, server: Some(server) }
            }
        })
    }

    /// The processes that work on what is asked of it: this one, and the server.
    pub(crate) fn processes(&self) -> Vec<u32> {
        std::iter::once(std::process::id()).chain(self.server.as_ref().map(Server::id)).collect()
    }

    /// Creates a namespace, so that nobody who creates databases in it is in another's way.
    pub(crate) async fn namespace(&self, name: &str) -> Result<(), Failure> {
        self.db.query(format!("DEFINE NAMESPACE IF NOT EXISTS `{name}`")).await?.check()?;
        Ok(())
    }

    pub(crate) async fn remove_namespace(&self, name: &str) -> Result<(), Failure> {
        self.db.query(format!("REMOVE NAMESPACE IF EXISTS `{name}`")).await?.check()?;
        Ok(())
    }
}
