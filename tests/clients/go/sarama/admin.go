package main

import (
	"errors"
	"fmt"

	"github.com/IBM/sarama"
)

// expect fails when got and wanted print differently.
func expect(what string, got, wanted any) {
	if fmt.Sprint(got) != fmt.Sprint(wanted) {
		check(fmt.Errorf("%s: %v, expected %v", what, got, wanted))
	}
}

func setting(admin sarama.ClusterAdmin, resource sarama.ConfigResource, name string) string {
	resource.ConfigNames = []string{name}
	entries, err := admin.DescribeConfig(resource)
	check(err)
	expect("entries of "+name, len(entries), 1)
	return entries[0].Value
}

// admin is every call of ClusterAdmin that one broker without security answers, in the protocol of the version that is asked for.
func admin() {
	config := settings()
	config.Producer.Return.Successes = true
	config.Producer.Partitioner = sarama.NewManualPartitioner
	client, err := sarama.NewClient([]string{words[1]}, config)
	check(err)
	cluster, err := sarama.NewClusterAdminFromClient(client)
	check(err)
	topic, group := words[2], "g-"+words[2]
	adminTopics(config, cluster, topic)
	producer, err := sarama.NewSyncProducerFromClient(client)
	check(err)
	for number := range 10 {
		_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: topic, Partition: 0, Value: sarama.StringEncoder(fmt.Sprint(number))})
		check(err)
	}
	adminRecords(client, cluster, topic)
	adminGroups(config, client, cluster, topic, group)
	check(cluster.DeleteTopic(topic))
	check(client.Close())
	fmt.Println("admin ok")
}

func adminTopics(config *sarama.Config, admin sarama.ClusterAdmin, topic string) {
	hour, more := "3600000", "7000000"
	check(admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: 2, ReplicationFactor: 1, ConfigEntries: map[string]*string{"retention.ms": &hour}}, false))
	expect("created twice", errors.Is(admin.CreateTopic(topic, &sarama.TopicDetail{NumPartitions: 2, ReplicationFactor: 1}, false), sarama.ErrTopicAlreadyExists), true)
	check(admin.CreatePartitions(topic, 3, nil, false))
	listed, err := admin.ListTopics()
	check(err)
	expect("partitions", listed[topic].NumPartitions, 3)
	expect("configs of the list", *listed[topic].ConfigEntries["retention.ms"], hour)
	described, err := admin.DescribeTopics([]string{topic})
	check(err)
	expect("leader", described[0].Partitions[0].Leader, 1)
	this := sarama.ConfigResource{Type: sarama.TopicResource, Name: topic}
	expect("retention.ms", setting(admin, this, "retention.ms"), hour)
	if config.Version.IsAtLeast(sarama.V2_3_0_0) {
		check(admin.IncrementalAlterConfig(sarama.TopicResource, topic, map[string]sarama.IncrementalAlterConfigsEntry{
			"retention.bytes": {Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &more}}, false))
		expect("retention.ms kept", setting(admin, this, "retention.ms"), hour)
	} else {
		check(admin.AlterConfig(sarama.TopicResource, topic, map[string]*string{"retention.bytes": &more}, false))
		expect("retention.ms replaced", setting(admin, this, "retention.ms"), "604800000")
	}
	expect("retention.bytes", setting(admin, this, "retention.bytes"), more)
	expect("a broker", setting(admin, sarama.ConfigResource{Type: sarama.BrokerResource, Name: "1"}, "node.id"), "1")
	brokers, controller, err := admin.DescribeCluster()
	check(err)
	expect("brokers", len(brokers), 1)
	expect("controller", controller, 1)
	if config.Version.IsAtLeast(sarama.V2_4_0_0) {
		_, err = admin.ElectLeaders(sarama.PreferredElection, map[string][]int32{topic: {0}})
		check(err)
		moves, err := admin.ListPartitionReassignments(topic, []int32{0})
		check(err)
		expect("reassignments", len(moves), 0)
	}
	if config.Version.IsAtLeast(sarama.V2_0_0_0) { // before that, in a version that Kafka 4 has not either
		folders, err := admin.DescribeLogDirs([]int32{1})
		check(err)
		expect("folders", len(folders[1]), 1)
	}
}

func adminRecords(client sarama.Client, admin sarama.ClusterAdmin, topic string) {
	offset := func(time int64) int64 {
		found, err := client.GetOffset(topic, 0, time)
		check(err)
		return found
	}
	expect("start", offset(sarama.OffsetOldest), 0)
	expect("end", offset(sarama.OffsetNewest), 10)
	expect("by time", offset(1), 0)
	check(admin.DeleteRecords(topic, map[int32]int64{0: 3}))
	expect("start afterwards", offset(sarama.OffsetOldest), 3)
}

func adminGroups(config *sarama.Config, client sarama.Client, admin sarama.ClusterAdmin, topic, group string) {
	manager, err := sarama.NewOffsetManagerFromClient(group, client)
	check(err)
	partition, err := manager.ManagePartition(topic, 0)
	check(err)
	partition.MarkOffset(4, "note")
	manager.Commit()
	check(partition.Close())
	check(manager.Close())
	groups, err := admin.ListConsumerGroups()
	check(err)
	_, there := groups[group]
	expect("listed", there, true)
	described, err := admin.DescribeConsumerGroups([]string{group})
	check(err)
	expect("state", described[0].State, "Empty")
	offsets, err := admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0, 1}})
	check(err)
	expect("committed", offsets.GetBlock(topic, 0).Offset, 4)
	expect("metadata", offsets.GetBlock(topic, 0).Metadata, "note")
	expect("not committed", offsets.GetBlock(topic, 1).Offset, -1)
	if config.Version.IsAtLeast(sarama.V2_4_0_0) {
		check(admin.DeleteConsumerGroupOffset(group, topic, 0))
		offsets, err = admin.ListConsumerGroupOffsets(group, map[string][]int32{topic: {0}})
		check(err)
		expect("offset deleted", offsets.GetBlock(topic, 0).Offset, -1)
	}
	if config.Version.IsAtLeast(sarama.V1_1_0_0) && !config.Version.IsAtLeast(sarama.V2_4_0_0) {
		check(admin.DeleteConsumerGroup(group))
	}
}
