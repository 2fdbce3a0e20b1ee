/// Counts the messages that a WebSocket client sends, as their bytes pass.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// What of the handshake's end has passed.
    handshake: usize,
    /// What of the current frame's header has passed.
    header: Vec<u8>,
    /// How much of its payload has not.
    payload: u64,
}

/// The handshake is an HTTP request, which ends in this.
const END_OF_HANDSHAKE: &[u8] = b"\r\n\r\n";

impl Frames {
    /// Takes in the next bytes and returns how many messages began in them. What only keeps the connection alive is none.
    pub(crate) fn begun(&mut self, bytes: &[u8]) -> u64 {
        let mut begun = 0;
        let mut bytes = bytes.iter();
        while !bytes.as_slice().is_empty() {
            if self.payload > 0 {
                let passed = bytes.len().min(usize::try_from(self.payload).unwrap_or(usize::MAX));
                self.payload -= passed as u64;
                bytes = bytes.as_slice()[passed..].iter();
                continue;
            }
            let Some(&byte) = bytes.next() else { break };
            if self.handshake < END_OF_HANDSHAKE.len() {
                let goes_on = END_OF_HANDSHAKE.get(self.handshake) == Some(&byte);
                self.handshake = if goes_on { self.handshake + 1 } else { usize::from(byte == b'\r') };
                continue;
            }
            self.header.push(byte);
            if let Some(payload) = payload(&self.header) {
                // Text and binary; a frame that continues another has 0.
                begun += u64::from(matches!(self.header[0] & 0x0f, 1 | 2));
                self.payload = payload;
                self.header.clear();
            }
        }
        begun
    }
}

/// The length of the payload behind a header, if it is whole (RFC 6455, section 5.2).
fn payload(header: &[u8]) -> Option<u64> {
    let short = header.get(1)? & 0x7f;
    let mask = if header[1] & 0x80 == 0 { 0 } else { 4 };
    let extended = match short {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    if header.len() < 2 + extended + mask {
        return None;
    }
    let length = header[2..2 + extended].iter().fold(0, |length, byte| length << 8 | u64::from(*byte));
    Some(if extended == 0 { u64::from(short) } else { length })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A frame as a client sends it.
    fn frame(opcode: u8, payload: usize) -> Vec<u8> {
        let mut frame = vec![0x80 | opcode];
        match payload {
            0..126 => frame.push(0x80 | u8::try_from(payload).unwrap()),
            126..65_536 => {
                frame.push(0x80 | 126);
                frame.extend(u16::try_from(payload).unwrap().to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend((payload as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.resize(frame.len() + payload, 0x82);
        frame
    }

    #[test]
    fn messages_are_counted_however_their_bytes_arrive() {
        let mut bytes = b"GET /rpc HTTP/1.1\r\nUpgrade: websocket\r\n\r\n".to_vec();
        for (opcode, payload) in [(2, 0), (2, 125), (9, 4), (1, 126), (2, 70_000), (0, 3), (2, 1)] {
            bytes.extend(frame(opcode, payload));
        }
        for size in [1, 2, 3, 7, 1_000, bytes.len()] {
            let mut frames = Frames::default();
            assert_eq!(bytes.chunks(size).map(|piece| frames.begun(piece)).sum::<u64>(), 5, "{size} bytes at once");
        }
    }
}
