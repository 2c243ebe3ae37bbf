//! Short stand-ins for texts.

/// Sixteen letters and digits that stand for `pieces`: 64 bits of FNV-1a. Not for secrets.
pub(crate) fn digest(pieces: &[&[u8]]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for piece in pieces {
        for byte in piece.iter().chain(&[0]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}
