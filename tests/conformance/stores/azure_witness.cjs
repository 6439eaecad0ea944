// Microsoft's own client, beside ours: azure_witness.cjs CONNECTION CONTAINER create|sas|read|write [KEY]; bytes on the standard streams.
const { BlobServiceClient, ContainerSASPermissions } = require("@azure/storage-blob");

async function main([connection, name, act, key]) {
  const container = BlobServiceClient.fromConnectionString(connection).getContainerClient(name);
  if (act === "create") await container.createIfNotExists();
  if (act === "sas") {
    const url = await container.generateSasUrl({
      permissions: ContainerSASPermissions.parse("racwl"),
      expiresOn: new Date(Date.now() + 3_600_000),
    });
    process.stdout.write(new URL(url).search);
  }
  if (act === "read") process.stdout.write(await container.getBlobClient(key).downloadToBuffer());
  if (act === "write") {
    const parts = [];
    for await (const part of process.stdin) parts.push(part);
    const bytes = Buffer.concat(parts);
    await container.getBlockBlobClient(key).upload(bytes, bytes.length);
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
