//! Integration tests on the embedded engine. They are one program, because each program links the engine anew.

mod adoption;
mod apply;
mod baseline;
mod baseline_live;
mod catalog_law;
mod contexts;
mod example_schema;
mod facts;
mod faults;
mod fleets;
mod fresh;
mod gate;
mod index;
mod modules;
mod modules_accepts;
mod modules_evolve;
mod modules_generated;
mod modules_moved;
mod observer;
mod registry;
mod replicas;
mod snapshots;
mod stepwise;
mod traps;
mod verify;
mod writes;
