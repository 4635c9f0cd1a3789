package ws

import (
	"context"
	"encoding/json"
	"time"

	"github.com/coder/websocket"
)

// refuseLimit is how long a client may take to hear that it is refused.
const refuseLimit = 5 * time.Second

// Refuse tells a client that was upgraded why there is no console for it, in a text frame, and closes the connection.
func Refuse(c *websocket.Conn, code, text string) {
	defer c.CloseNow()
	ctx, cancel := context.WithTimeout(context.Background(), refuseLimit)
	defer cancel()
	frame, err := json.Marshal(map[string]string{"type": "error", "code": code, "error": text})
	if err != nil { // strings always marshal
		panic(err)
	}
	if c.Write(ctx, websocket.MessageText, frame) == nil {
		c.Close(websocket.StatusPolicyViolation, code)
	}
}
