using System.Text;
using VerifyTests;
using Xunit;
using Xunit.Sdk;
using static VerifyXunit.Verifier;

namespace Hooks.Snapshots.Shim;

/// <summary>The whole way from a test's call to its file: names, settings, and texts made ready for comparison.</summary>
public sealed class VerifierTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("hooks-shim-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task AFactIsNamedAfterClassAndMethod()
    {
        await Approve("VerifierTests.AFactIsNamedAfterClassAndMethod.verified.txt", "text");

        await Verify("text").UseDirectory(folder);
    }

    [Fact]
    public Task AnUnapprovedTestLeavesItsReceivedFile() =>
        Fails(() => Verify("text").UseDirectory(folder), "VerifierTests.AnUnapprovedTestLeavesItsReceivedFile.received.txt");

    [Theory]
    [InlineData("v6.12", 1)]
    [InlineData("a/b:c", -2)]
    public async Task ARowIsNamedAfterItsParameters(string kernel, int index)
    {
        var row = index == 1 ? "kernel=v6.12_index=1" : "kernel=a-b-c_index=-2";
        await Approve($"VerifierTests.ARowIsNamedAfterItsParameters_{row}.verified.txt", kernel);

        await Verify(kernel).UseDirectory(folder).UseParameters(kernel, index);
    }

    [Theory]
    [InlineData(true, null, StringComparison.Ordinal)]
    public async Task FlagsNullsAndEnumsAreNamed(bool cold, string? none, StringComparison comparison)
    {
        await Approve("VerifierTests.FlagsNullsAndEnumsAreNamed_cold=True_none=null_comparison=Ordinal.verified.txt", "text");

        await Verify("text").UseDirectory(folder).UseParameters(cold, none, comparison);
    }

    [Theory]
    [InlineData("v6.12")]
    public async Task ATheoryWithoutUseParametersIsToldToUseIt(string kernel)
    {
        var failure = await Assert.ThrowsAsync<ArgumentException>(async () => await Verify(kernel).UseDirectory(folder));

        Assert.Contains("UseParameters(kernel)", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PartsOfTheNameCanBeReplaced()
    {
        await Approve("T.PartsOfTheNameCanBeReplaced.verified.txt", "text");
        await Approve("VerifierTests.M.verified.txt", "text");
        await Approve("F.verified.txt", "text");

        await Verify("text").UseDirectory(folder).UseTypeName("T");
        await Verify("text").UseDirectory(folder).UseMethodName("M");
        await Verify("text").UseDirectory(folder).UseFileName("F");
    }

    [Fact]
    public async Task TheExtensionIsTheCallers()
    {
        await Approve("VerifierTests.TheExtensionIsTheCallers.verified.svg", "<svg/>");

        await Verify("<svg/>", "svg").UseDirectory(folder);
    }

    [Fact]
    public async Task ATextToComeIsAwaited()
    {
        await Approve("VerifierTests.ATextToComeIsAwaited.verified.txt", "text");

        await Verify(Later()).UseDirectory(folder);

        static async Task<string> Later()
        {
            await Task.Yield();
            return "text";
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task NoTextIsNoSnapshot(string? text) =>
        await Assert.ThrowsAsync<ArgumentException>(async () => await Verify(text).UseDirectory(folder).UseParameters(text));

    [Fact]
    public async Task TheTestIsStillKnownAfterAnAwaitAndInAnotherThread()
    {
        await Approve("VerifierTests.TheTestIsStillKnownAfterAnAwaitAndInAnotherThread.verified.txt", "text");

        await Task.Yield();
        await Task.Run(async () => await Verify("text").UseDirectory(folder));
    }

    [Theory]
    [InlineData("a\r\nb\r\n")]
    [InlineData("a\rb\r")]
    public async Task ReturnsBecomeLineFeeds(string text)
    {
        var settings = new VerifySettings();
        settings.UseDirectory(folder);
        settings.UseFileName("lines");
        await Approve("lines.verified.txt", "a\nb\n");

        await Verify(text, settings);
    }

    [Fact]
    public async Task TheScrubberAddedLastRunsFirst()
    {
        await Approve("VerifierTests.TheScrubberAddedLastRunsFirst.verified.txt", "c");

        await Verify("a").UseDirectory(folder).AddScrubber(text => text.Replace('b', 'c')).AddScrubber(text => text.Replace('a', 'b'));
    }

    [Fact]
    public async Task SharedSettingsAreNotChangedByOneVerification()
    {
        var shared = new VerifySettings();
        shared.UseDirectory(folder);
        await Approve("VerifierTests.SharedSettingsAreNotChangedByOneVerification.verified.txt", "text");
        await Approve("M.verified.txt", "text");

        await Verify("text", shared).UseFileName("M");
        await Verify("text", shared);
    }

    [Fact]
    public async Task OneFileIsVerifiedOncePerRun()
    {
        await Approve("VerifierTests.OneFileIsVerifiedOncePerRun.verified.txt", "text");
        await Verify("text").UseDirectory(folder);

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(async () => await Verify("text").UseDirectory(folder));

        Assert.Contains("twice", failure.Message, StringComparison.Ordinal);
    }

    public sealed class Nested : IDisposable
    {
        private readonly VerifierTests outer = new();

        public void Dispose() => outer.Dispose();

        [Fact]
        public Task ANestedClassCarriesTheNameOfTheOuter() => outer.Fails(
            () => Verify("text").UseDirectory(outer.folder), "VerifierTests.Nested.ANestedClassCarriesTheNameOfTheOuter.received.txt");
    }

    private Task Approve(string name, string text) => File.WriteAllTextAsync(Path.Combine(folder, name), text, Encoding.UTF8);

    private async Task Fails(Func<SettingsTask> verify, string received)
    {
        await Assert.ThrowsAsync<XunitException>(async () => await verify());
        Assert.Equal(received, Path.GetFileName(Assert.Single(Directory.EnumerateFiles(folder))));
    }
}
