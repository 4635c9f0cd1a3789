package frame

import "github.com/danielgtaylor/huma/v2"

// Envelope is what every reply of the dialect is wrapped in.
type Envelope[T any] struct {
	Status string `json:"status" enum:"success" doc:"always success; failures have the envelope of an error"`
	Data   T      `json:"data"`
	Error  Null   `json:"error"`
}

// Null is a member that is always null.
type Null struct{}

// MarshalJSON implements json.Marshaler.
func (Null) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// Schema implements huma.SchemaProvider.
func (Null) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: "null"} }

// reply is the shape that huma wants of an envelope.
type reply[T any] struct{ Body Envelope[T] }

// Enveloped puts the data of a success in the envelope.
func Enveloped[T any](data T) Envelope[T] { return Envelope[T]{Status: "success", Data: data} }

// Message is the data of operations that only say what they did.
type Message struct {
	Message string `json:"message"`
}
