using Xunit;

namespace Hooks.Snapshots.Cli;

public sealed class ZooTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hooks-zoo-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("")]
    [InlineData("--json")]
    public void The_same_bytes_whatever_the_number_of_jobs(string json)
    {
        var one = Body($"zoo --seeds 1 --workloads 300 --no-times {json} --out {_folder} --jobs 1");
        Assert.Equal(one, Body($"zoo --seeds 1 --workloads 300 --no-times {json} --out {_folder} --jobs 2"));
        Assert.Equal(one, Body($"zoo --seeds 1 --workloads 300 --no-times {json} --out {_folder} --jobs 5"));
    }

    private static string Body(string line)
    {
        var text = Command.Run(line);
        return text[text.IndexOf('\n', StringComparison.Ordinal)..];
    }
}
