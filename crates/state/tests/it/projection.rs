//! For all stories: the projections are the fold of the log.

use crate::backend::Sqlite;
use proptest::prelude::*;
use state::conformance::story::{self, Op, SESSIONS};

fn op() -> impl Strategy<Value = Op> {
    let session = 0..SESSIONS;
    prop_oneof![
        4 => session.clone().prop_map(Op::Admit),
        2 => (session.clone(), any::<Option<u32>>(), any::<Option<i32>>())
            .prop_map(|(session, input, cost)| Op::Answer(session, input, cost)),
        3 => (session.clone(), any::<Option<u32>>())
            .prop_map(|(session, input)| Op::Finish(session, input)),
        1 => session.clone().prop_map(Op::TakeOver),
        1 => session.prop_map(Op::Outdated),
        1 => any::<u16>().prop_map(Op::Wait),
        1 => Just(Op::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn projections_are_the_fold_of_the_log(ops in prop::collection::vec(op(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        runtime.block_on(async { story::check(&Sqlite::new(), &ops).await });
    }
}
