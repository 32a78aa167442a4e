using Hooks.Cli;

return HooksCommand.RunInProcess(args);
