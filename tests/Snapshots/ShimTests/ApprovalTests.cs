using Xunit;
using Xunit.Sdk;

namespace Hooks.Snapshots.Shim;

/// <summary>When the shim passes, when it fails, and what it leaves on the disk.</summary>
public sealed class ApprovalTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hooks-shim-").FullName;
    private readonly List<(string Received, string Verified)> shown = [];

    private string Verified => Path.Combine(folder, "T.M.verified.txt");

    private string Received => Path.Combine(folder, "T.M.received.txt");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("one line")]
    [InlineData("two\nlines")]
    [InlineData("a newline at the end\n")]
    [InlineData("äß→")]
    public async Task TheApprovedTextPasses(string text)
    {
        await Approve(text);

        await Check(text);

        Assert.Empty(shown);
        Assert.False(File.Exists(Received));
    }

    [Fact]
    public async Task AMissingMarkIsForgivenByTheComparison()
    {
        await File.WriteAllBytesAsync(Verified, "text"u8.ToArray());

        await Check("text");
    }

    [Fact]
    public async Task APassRemovesTheReceivedFileOfAnEarlierFailure()
    {
        await Approve("text");
        await File.WriteAllTextAsync(Received, "stale");

        await Check("text");

        Assert.False(File.Exists(Received));
    }

    [Theory]
    [InlineData("other")]
    [InlineData("text\n")]
    [InlineData(" text")]
    [InlineData("Text")]
    [InlineData("")]
    public async Task AnotherTextFailsAndLeavesTheApprovedFileAsItWas(string text)
    {
        await Approve("text");
        var before = await File.ReadAllBytesAsync(Verified);

        var failure = await Fails(text);

        Assert.Contains("Not as approved", failure, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(Verified));
        Assert.Equal((Received, Verified), Assert.Single(shown));
    }

    [Fact]
    public async Task NoRepetitionAcceptsAnything()
    {
        await Approve("text");

        for (var run = 0; run < 3; run++)
            await Fails("other");
    }

    [Fact]
    public async Task AFailureNamesTheFileShowsTheDifferenceAndSaysHowToApprove()
    {
        await Approve("a\nb\nc");

        var failure = await Fails("a\nX\nc");

        Assert.Contains(Verified, failure, StringComparison.Ordinal);
        Assert.Contains("\n a\n-b\n+X\n c", failure, StringComparison.Ordinal);
        Assert.Contains($"mv '{Received}' '{Verified}'", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AMissingApprovalFailsAndMakesNone()
    {
        var failure = await Fails("new\ntext");

        Assert.Contains("Not approved yet", failure, StringComparison.Ordinal);
        Assert.Contains("+new\n+text", failure, StringComparison.Ordinal);
        Assert.Contains($"mv '{Received}' '{Verified}'", failure, StringComparison.Ordinal);
        Assert.False(File.Exists(Verified));
        Assert.Empty(shown);
    }

    [Theory]
    [InlineData("")]
    [InlineData("text")]
    public async Task AnEmptyFileApprovesNothing(string text)
    {
        await File.WriteAllBytesAsync(Verified, []);

        Assert.Contains("Not approved yet", await Fails(text), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnApprovedFileWithReturnsFailsVisibly()
    {
        await Approve("a\r\nb");

        Assert.Contains("-a<CR>", await Fails("a\nb"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text")]
    [InlineData("text\n")]
    [InlineData("")]
    public async Task TheReceivedFileHasAMarkAndNothingAddedAndMovingItApproves(string text)
    {
        await Fails(text + "→");

        Assert.Equal([0xEF, 0xBB, 0xBF, .. System.Text.Encoding.UTF8.GetBytes(text + "→")], await File.ReadAllBytesAsync(Received));
        File.Move(Received, Verified);
        await Check(text + "→");
    }

    private Task Approve(string text) => File.WriteAllTextAsync(Verified, text, System.Text.Encoding.UTF8);

    private Task Check(string text) => new Approval(Verified, Received, Show).Check(text);

    private async Task<string> Fails(string text)
    {
        var failure = await Assert.ThrowsAsync<XunitException>(() => Check(text));
        Assert.Equal(text, await File.ReadAllTextAsync(Received));
        return failure.Message;
    }

    private Task Show(string received, string verified)
    {
        shown.Add((received, verified));
        return Task.CompletedTask;
    }
}
