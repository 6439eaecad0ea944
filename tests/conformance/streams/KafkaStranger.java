import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Java's own client: BROKER TOPIC reads the first record of partition 0 and prints it; BROKER TOPIC KEY HEADER VALUE BODY writes one. */
public class KafkaStranger {
  public static void main(String[] args) throws Exception {
    Map<String, Object> at = Map.of("bootstrap.servers", args[0]);
    if (args.length == 2) read(at, args[1]);
    else write(at, args);
  }

  static void read(Map<String, Object> at, String topic) {
    try (var consumer = new KafkaConsumer<>(at, new StringDeserializer(), new StringDeserializer())) {
      var partition = new TopicPartition(topic, 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      var record = consumer.poll(Duration.ofSeconds(20)).iterator().next();
      System.out.println(record.key());
      for (var header : record.headers()) {
        var value = header.value();
        System.out.println(header.key() + (value == null ? " is null" : "=" + new String(value, StandardCharsets.UTF_8)));
      }
      System.out.println(record.value());
    }
  }

  static void write(Map<String, Object> at, String[] args) throws Exception {
    try (var producer = new KafkaProducer<>(at, new StringSerializer(), new StringSerializer())) {
      var record = new ProducerRecord<>(args[1], args[2], args[5]);
      record.headers().add(args[3], args[4].getBytes(StandardCharsets.UTF_8));
      producer.send(record).get();
    }
  }
}
