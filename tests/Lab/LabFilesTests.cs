using System.Globalization;
using System.Text.RegularExpressions;
using Hooks.Core.Kernels;
using Hooks.Lab;
using Xunit;

namespace Hooks.LabTests;

/// <summary>What lab/ says and what the code says must be the same.</summary>
public class LabFilesTests
{
    [Fact]
    public void Every_kernel_that_is_built_has_one_of_the_model_beside_it()
    {
        var entries = File.ReadAllLines(FileOf("lab", "kernels.conf")).Where(l => l.StartsWith("kernel ", StringComparison.Ordinal)).Select(l => l.Split('|', StringSplitOptions.TrimEntries)).ToList();
        Assert.NotEmpty(entries);
        Assert.All(entries, e => Assert.Equal(4, e.Length));
        Assert.All(entries, e => Assert.True(KernelCatalogue.TryGet(e[2], out _), e[2]));
        Assert.Contains("describe debian-6.1.192 ", File.ReadAllText(FileOf("lab", "setup")), StringComparison.Ordinal);
        Assert.True(KernelCatalogue.TryGet("debian-6.1.192", out _));
    }

    [Fact]
    public void The_agent_the_page_and_the_tool_speak_one_version()
    {
        var version = Guest.Protocol.ToString(CultureInfo.InvariantCulture);
        Assert.Contains($"#define PROTOCOL {version}\n", File.ReadAllText(FileOf("lab", "guest", "agent.h")), StringComparison.Ordinal);
        Assert.StartsWith($"# The agent's protocol, version {version}\n", File.ReadAllText(FileOf("lab", "PROTOCOL.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_agent_has_the_sizes_that_the_tool_says_it_has()
    {
        var header = File.ReadAllText(FileOf("lab", "guest", "agent.h"));
        foreach (var (name, value) in new[] { ("PROCESSES", GuestSizes.Processes), ("THREADS", GuestSizes.Threads), ("READS", Guest.FailingReads + 1), ("PAGES", GuestSizes.Pages), ("AREAS", GuestSizes.Areas), ("GROUPS", GuestSizes.Granules) })
        {
            var match = Regex.Match(header, $@"#define {name} (\d+)\n", RegexOptions.None, TimeSpan.FromSeconds(1));
            Assert.Equal(value.ToString(CultureInfo.InvariantCulture), match.Groups[1].Value);
        }
    }

    private static string FileOf(params string[] path)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Hooks.sln"))) folder = Path.GetDirectoryName(folder)!;
        return Path.Combine([folder, .. path]);
    }
}
