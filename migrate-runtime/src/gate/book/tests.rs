use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(1);

fn context(at: usize) -> Context {
    Context::new("acme", format!("eu-{at}")).unwrap()
}

fn away() -> Refusal {
    Refusal::Unavailable { reason: "it is away".into() }
}

fn book() -> Book<u32> {
    Book::new(Retry::new(FIRST, LONGEST))
}

/// What happens to a book. Contexts and flights are meant modulo how many there are.
#[derive(Clone, Debug)]
enum Event {
    Ask(usize),
    Land(usize, End),
    Admit(usize, bool),
    Forget(usize),
    Doubt(usize),
    Wait(u64),
}

#[derive(Clone, Copy, Debug)]
enum End {
    Served,
    Refused,
    NoSuchContext,
    Abandoned,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let end = prop_oneof![Just(End::Served), Just(End::Refused), Just(End::NoSuchContext), Just(End::Abandoned)];
    let event = prop_oneof![
        6 => (0..3_usize).prop_map(Event::Ask),
        4 => (any::<usize>(), end).prop_map(|(flight, end)| Event::Land(flight, end)),
        1 => (0..3_usize, any::<bool>()).prop_map(|(at, served)| Event::Admit(at, served)),
        1 => (0..3_usize).prop_map(Event::Forget),
        1 => (0..3_usize).prop_map(Event::Doubt),
        2 => (0..100_000_u64).prop_map(Event::Wait),
    ];
    prop::collection::vec(event, 0..80)
}

/// The same as a book says, said again as plainly as can be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Model {
    Flying(u32),
    Served,
    Refused,
}

proptest! {
    #[test]
    fn whatever_happens_one_flight_is_waited_for_and_only_its_end_counts(events in events()) {
        let (mut book, mut now) = (book(), Instant::now());
        let mut model: BTreeMap<usize, Model> = BTreeMap::new();
        let mut flights = Vec::new();
        let mut handle = 0_u32;
        for event in events {
            match event {
                Event::Wait(millis) => now += Duration::from_millis(millis),
                Event::Ask(at) => {
                    handle += 1;
                    match book.start(&context(at), handle, now) {
                        Ok(flight) => {
                            prop_assert!(!matches!(model.get(&at), Some(Model::Served | Model::Flying(_))));
                            model.insert(at, Model::Flying(handle));
                            flights.push((at, handle, flight));
                        }
                        Err(Answer::Served) => prop_assert_eq!(model.get(&at), Some(&Model::Served)),
                        Err(Answer::Flying(other)) => prop_assert_eq!(model.get(&at), Some(&Model::Flying(other))),
                        Err(Answer::Refused(standing)) => {
                            prop_assert_eq!(model.get(&at), Some(&Model::Refused));
                            prop_assert!(!standing.remaining(now).is_zero());
                            prop_assert!(standing.remaining(now) <= LONGEST);
                        }
                    }
                }
                Event::Land(which, end) if !flights.is_empty() => {
                    let (at, handle, flight) = flights.swap_remove(which % flights.len());
                    let landing = match end {
                        End::Served => Landing::Served,
                        End::Refused => Landing::Refused(away()),
                        End::NoSuchContext => Landing::NoSuchContext,
                        End::Abandoned => Landing::Abandoned,
                    };
                    book.land(&context(at), flight, landing, now, 0.5);
                    if model.get(&at) == Some(&Model::Flying(handle)) {
                        match end {
                            End::Served => model.insert(at, Model::Served),
                            End::Refused => model.insert(at, Model::Refused),
                            End::NoSuchContext | End::Abandoned => model.remove(&at),
                        };
                    }
                }
                Event::Land(..) => {}
                Event::Admit(at, served) => {
                    book.admit(&context(at), (!served).then(away).as_ref(), now, 0.5);
                    if !matches!(model.get(&at), Some(Model::Flying(_))) {
                        model.insert(at, if served { Model::Served } else { Model::Refused });
                    }
                }
                Event::Forget(at) => {
                    book.forget(&context(at));
                    model.remove(&at);
                }
                Event::Doubt(at) => {
                    book.doubt(&context(at));
                    model.retain(|one, known| *one != at || matches!(known, Model::Flying(_)));
                }
            }
            let count = |wanted: fn(&Model) -> bool| model.values().filter(|known| wanted(known)).count();
            let counts = GateCounts {
                served: count(|known| *known == Model::Served),
                refused: count(|known| *known == Model::Refused),
                migrating: count(|known| matches!(known, Model::Flying(_))),
            };
            prop_assert_eq!(book.counts(), counts);
        }
    }

    #[test]
    fn a_context_that_stays_refused_is_tried_ever_more_rarely(jitters in prop::collection::vec(0.0..=1.0_f64, 1..20)) {
        let (mut book, mut now, context) = (book(), Instant::now(), context(1));
        let mut before = Duration::ZERO;
        for jitter in jitters {
            let flight = book.start(&context, 0, now).unwrap();
            let Landed::Refused(standing) = book.land(&context, flight, Landing::Refused(away()), now, jitter) else {
                panic!("it was refused")
            };
            let pause = standing.remaining(now);
            prop_assert!(pause >= before.min(LONGEST / 2) && pause <= LONGEST, "{before:?}, then {pause:?}");
            // Until the very end of it, everybody is sent away at once.
            let just_before = now + pause.saturating_sub(Duration::from_nanos(1));
            prop_assert!(matches!(book.start(&context, 0, just_before), Err(Answer::Refused(_))));
            now += pause;
            before = pause;
        }
    }
}

#[test]
fn a_context_that_was_served_begins_with_the_first_pause_again() {
    let (mut book, mut now, context) = (book(), Instant::now(), context(1));
    let mut fail = |book: &mut Book<u32>| {
        now += LONGEST;
        let flight = book.start(&context, 0, now).unwrap();
        match book.land(&context, flight, Landing::Refused(away()), now, 1.0) {
            Landed::Refused(standing) => standing.remaining(now),
            landed => panic!("{landed:?}"),
        }
    };
    assert_eq!([fail(&mut book), fail(&mut book), fail(&mut book)], [FIRST, FIRST * 2, FIRST * 4]);
    book.admit(&super::tests::context(1), None, Instant::now(), 1.0);
    book.doubt(&super::tests::context(1));
    assert_eq!(fail(&mut book), FIRST);
}

#[test]
fn names_that_are_made_up_leave_nothing_behind() {
    let (mut book, now) = (book(), Instant::now());
    for at in 0..1000 {
        let flight = book.start(&context(at), 0, now).unwrap();
        book.land(&context(at), flight, Landing::NoSuchContext, now, 0.5);
    }
    assert!(book.entries.is_empty());
}

#[test]
fn what_is_kept_of_a_context_is_small() {
    assert!(size_of::<Entry<usize>>() <= 48, "{}", size_of::<Entry<usize>>());
}
