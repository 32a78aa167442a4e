namespace Hooks.Cli;

/// <summary>What the command tells its caller.</summary>
internal static class ExitCode
{
    /// <summary>Everything is as expected.</summary>
    public const int AsExpected = 0;

    /// <summary>Something is not as expected.</summary>
    public const int NotAsExpected = 1;

    /// <summary>Bad usage or input.</summary>
    public const int BadInput = 2;

    /// <summary>There is no verdict: something in the source is not known to the model.</summary>
    public const int NoVerdict = 3;

    /// <summary>A bug of Hooks (EX_SOFTWARE of sysexits.h).</summary>
    public const int InternalError = 70;

    /// <summary>Interrupted: 128 + SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;
}
