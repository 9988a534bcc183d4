package sock

// SetSeq sets the sequence number used last.
func SetSeq(c *Conn, seq uint32) { c.seq = seq }
