// Package cluster declares the hosts, and the clusters that they form.
package cluster

import "dewpoint/internal/schema"

//go:generate go run dewpoint/internal/model/gen

// Tables lists the tables of the area.
func Tables() []*schema.Table {
	return []*schema.Table{
		clusters(), clusterStatus(), nodes(), nodePCIDevices(), nodeUSBDevices(), nodeSRIOVNICDevices(), nodeGPUs(), nodeHostGPUDevices(),
		nodeGPUStats(), nodeGPUStatsHistoryShort(), nodeGPUStatsHistoryLong(), nodeNvidiaVGPUDevices(), nodeNvidiaVGPUProfiles(), nvidiaVGPUProfiles(),
		nodeGPUInstances(), nodeAllocatedGPUs(), resourceGroups(), resourceRules(),
	}
}
