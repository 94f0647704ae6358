//! Filing use cases of the insured place.
use crate::{context::Outcome, province::ProvinceNode};
use casework::Filing;
use store::{Work, filing, outbox};
use wire::peer::v1::Question;

/// Keeps a filing and tells the national register.
pub(crate) async fn write(node: &ProvinceNode, work: &mut Work, record: &Filing) -> Outcome<()> {
    let question = serde_json::to_value(Question::PublishFiling(Box::new(record.clone()))).expect("a question is plain data");
    let now = node.context.now();
    filing::put(work, record).await?;
    Ok(outbox::put(work, record.insured.pooling_area(), (&record.id.to_string(), "filing"), &question, (now, now)).await?)
}
