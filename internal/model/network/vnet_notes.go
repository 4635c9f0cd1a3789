package network

import "dewpoint/internal/schema"

// vnetNotes declares what people want to remember about a network.
func vnetNotes() *schema.Table {
	return &schema.Table{
		Name: "vnet_notes", Title: "Network note", LogType: "vnet", Parent: "vnet",
		Doc: "Notes on a network.",
		Fields: schema.Fields{
			schema.Row("vnet", "vnets").Required().CreateOnly().Summary(),
			schema.String("name").Required().Len(1, 128).Summary(),
			schema.LongText("text").Len(0, 4096),
			schema.Enum("urgency", "low", "high").Default("low").Summary(),
			schema.Created("created"),
			schema.Modified("modified"),
		},
	}
}
