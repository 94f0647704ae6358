//! 2167 异地就医购药取消订单: an order that was not confirmed yet is taken back; there is no output.

pub use super::purchase_order::Named as Input;
